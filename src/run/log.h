// The log: one line an event on stderr, as text or JSON. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "auditstream/config.h"
#include "auditstream/poller.h"
#include "auditstream/shard.h"

namespace auditstream {

// Sets the format and the least level for the whole process. Called once, before any thread starts.
void start_log(const LogSettings& settings);

// A line about no source in particular.
void log(Level level, std::string_view code, std::string_view text);
// A line about one.
void log(Level level, const Source& source, std::string_view code, std::string_view text);

// Writes down what shards have to say.
class LogObserver final : public Observer {
 public:
  void said(const Source& source, const Say& say) override;
  void shard_said(int partition, const Say& say) override;
  void rebalanced(const MembershipEvent&) override {}
  void waited(const Source&, Duration) override {}
  void answered(const Source&, const http::Response&) override {}
  void polled(const Source&, const Polled&, Time) override {}
  void transacted(const Batch& batch, Outcome outcome, Duration took, Time when) override;
};

}  // namespace auditstream
