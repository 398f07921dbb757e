// BlockedSources: sources whose events a topic does not take, because it is gone, denied, or refuses their age.
// The topic is tried again now and then, with one source at a time: what it refuses of one it may take of
// another. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "auditstream/time.h"
#include "core/cursor.h"

namespace auditstream::core {

struct BlockedSource {
  LastError trouble;
  std::string topic;
  bool on_trial = false;  // the next commit has its events
};

class BlockedSources {
 public:
  // A topic is tried again after `first`, and after twice as long each time that it is in vain.
  BlockedSources(Duration first, Duration most) : first_(first), most_(most) {}

  // The topic has taken nothing of this source.
  void hold(const std::string& source, const std::string& topic, std::string why, Now now);
  // The topic is left alone for a while. `to_everybody`: it takes nothing of any source, which is why.
  // True where that is to be said: at a falling rate.
  bool leave_alone(const std::string& topic, const std::optional<std::string>& to_everybody, Now now);
  bool any_for(std::string_view topic) const;
  // Why the topic takes nothing of anybody, by the last trial; null: it may take something.
  const std::string* takes_nothing(std::string_view topic) const;
  // Something of it was committed: those that are free with it, and what they were held for. Where the topic
  // had taken nothing of anybody, these are all that waited for it.
  std::map<std::string, BlockedSource> release(std::string_view source);
  // It doesn't need that topic any more.
  void forget(std::string_view source);

  // Null if it is not held.
  const BlockedSource* find(std::string_view source) const;
  // Whether what the source has finished may be committed now. A held one is on trial from then on.
  bool admit(std::string_view source, Now now);
  // Nothing of it is about to be committed after all.
  void end_trial(std::string_view source);
  void end_trials();

  // When a topic may be tried again that was not offered to everybody since; offered() says that it was.
  Steady due() const;
  void offered(Now now);

 private:
  struct Topic {
    int attempts = 0;
    Steady until{};
    bool offered = false;
    std::optional<std::string> to_everybody{};
  };

  Duration first_;
  Duration most_;
  std::map<std::string, BlockedSource, std::less<>> sources_;  // by source
  std::map<std::string, Topic, std::less<>> topics_;
};

}  // namespace auditstream::core
