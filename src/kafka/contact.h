// Contact: how long the brokers that this process needs have owed it an answer. Whoever asks them has a line
// of its own; the one that has waited longest tells how things are, because a partition or a coordinator that
// nobody answers for is not made good by the other brokers. Thread-safe.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "auditstream/result.h"
#include "auditstream/time.h"
#include "base/mutex.h"
#include "kafka/client.h"

namespace auditstream::kafka {

// What is known of one line. A value, which knows no clock.
class Owed {
 public:
  // An answer is needed, unless one was already.
  void ask(Steady now);
  // Nothing can be said yet, but somebody is at work on it.
  void sign(Steady now);
  // The answer has come, and the next one is needed since then.
  void answered(Steady at);
  // The answer has come, and no other is needed.
  void rest();
  // Given up. It goes on to be owed until somebody has asked again and got it; if nobody asks again, not for
  // ever.
  void in_vain(Steady now);

  // Since when an answer has been owed. Nothing: none is.
  std::optional<Steady> since(Steady now) const;

 private:
  std::optional<Steady> asked_;
  Steady sign_{};
  bool in_vain_ = false;               // since asked_, once at least
  std::optional<Steady> not_asked_{};  // since it was given up
};

// The clock of all lines.
Steady steady_now();

struct Silence {
  Steady since;
  Error why;  // the message is "" where librdkafka has given no reason
};

class Contact {
 public:
  class Line {
   public:
    explicit Line(std::shared_ptr<Contact> contact);
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    // As Owed has them; an answer ends the trouble, too.
    void ask();
    void sign();
    void answered();
    void answered(Steady at);
    void rest();
    // The reason is what is told unless librdkafka has named a broker.
    void in_vain(std::string why);

    // What librdkafka says of a broker.
    void trouble(Error broker);
    // Since when an answer has been owed, and how long that is.
    std::optional<Steady> since() const;
    Duration silent() const;

   private:
    friend class Contact;

    const std::shared_ptr<Contact> contact_;
    std::list<Line*>::iterator place_;
    // With the contact's mutex held.
    Owed owed_;
    std::optional<Error> trouble_;  // of a broker
    std::string why_;
  };

  // Of the line that has waited longest; why, from whichever silent line knows most.
  std::optional<Silence> silence() const;

 private:
  mutable Mutex mutex_;
  std::list<Line*> lines_ AS_GUARDED_BY(mutex_);
};

// Has the line know what has happened to a broker since it became silent, as broker_error() has it.
void note_trouble(Contact::Line& line, const Properties& properties);

}  // namespace auditstream::kafka
