// Contact: how long the brokers that this process needs have owed it an answer. Each component that needs
// brokers has a line of its own. The line that has waited longest counts: other brokers can't make up for a
// partition or coordinator that doesn't answer. Thread-safe.
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

// The state of one line, without a clock.
class Owed {
 public:
  // An answer is needed, unless one was already.
  void ask(Steady now);
  // Still no answer, but a sign that a broker is working on it.
  void sign(Steady now);
  // The answer has come, and since then the next one is needed.
  void answered(Steady at);
  // The answer has come, and no other is needed.
  void rest();
  // Given up. The answer is still owed until another attempt gets it, or for a while if nobody tries again.
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

    // As in Owed; an answer also ends the trouble.
    void ask();
    void sign();
    void answered();
    void answered(Steady at);
    void rest();
    // `why` is shown unless librdkafka has named a broker.
    void in_vain(std::string why);

    // librdkafka's report about a broker.
    void failed(Error broker);
    // Since when an answer has been owed, and how long that is.
    std::optional<Steady> since() const;
    Duration silent() const;

   private:
    friend class Contact;

    const std::shared_ptr<Contact> contact_;
    std::list<Line*>::iterator place_;
    // With the contact's mutex held.
    Owed owed_;
    std::optional<Error> failure_;  // of a broker
    std::string why_;
  };

  // The silence of the line that has waited longest; its reason is the best that any silent line has.
  std::optional<Silence> silence() const;

 private:
  mutable Mutex mutex_;
  std::list<Line*> lines_ AS_GUARDED_BY(mutex_);
};

// Tells the line what has happened to a broker since the line became silent, by broker_error().
void note_connection_failure(Contact::Line& line, const Properties& properties);

}  // namespace auditstream::kafka
