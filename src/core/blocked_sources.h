// BlockedSources: sources whose events a topic rejects, because it is gone, denied, or refuses their age. The
// topic is retried now and then, with one source at a time: what it rejects from one it may accept from
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
  LastError last_error;
  std::string topic;
  bool on_trial = false;  // the next commit has its events
};

class BlockedSources {
 public:
  // A topic is retried after `first`, then with exponential backoff up to `most`.
  BlockedSources(Duration first, Duration most) : first_(first), most_(most) {}

  // The topic has rejected this source's events.
  void hold(const std::string& source, const std::string& topic, std::string why, Now now);
  // Suspends the topic for its backoff. `to_everybody`, if set, says why it rejects every source. True if
  // this should be logged: at a falling rate.
  bool leave_alone(const std::string& topic, const std::optional<std::string>& to_everybody, Now now);
  bool any_for(std::string_view topic) const;
  // Why the topic rejects every source, by the last trial; null: it may accept some.
  const std::string* takes_nothing(std::string_view topic) const;
  // Work of the source was committed. Returns the sources that this releases, with what held them: all that
  // wait for the topic, if it had rejected every source.
  std::map<std::string, BlockedSource> release(std::string_view source);
  // The source no longer needs that topic.
  void forget(std::string_view source);

  // Null if the source is not held.
  const BlockedSource* find(std::string_view source) const;
  // Whether the source's finished work may be committed now. If it is held, it is on trial from then on.
  bool admit(std::string_view source, Now now);
  // The source on trial has nothing to commit after all.
  void end_trial(std::string_view source);
  void end_trials();

  // When the next topic can be retried that was not offered() to all waiting sources since.
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
