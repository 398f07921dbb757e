// The log: one line an event on stderr, as text or JSON. Thread-safe, and never in anybody's way: lines are
// written by a thread of their own, and are dropped where nobody takes them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "config/config.h"
#include "core/notice.h"
#include "core/shard.h"

namespace auditstream::runtime {

// Sets the format and the least level for the whole process, and the name that each line of JSON has as
// `instance`. Called once, before any other thread starts; before that nothing is logged.
void start_log(const config::LogSettings& settings, std::string instance);

// Gives the lines that are on their way a moment to get out. For the end of a process.
void flush_log();

// A last line, then the process ends with this exit code, in whatever state the rest of it is: after a moment
// at the latest.
[[noreturn]] void log_and_exit(int exit_code, core::Level level, std::string_view code,
                               std::string_view text);

// A line about no source in particular.
void log(core::Level level, std::string_view code, std::string_view text);
// A line about one.
void log(core::Level level, const Source& source, std::string_view code, std::string_view text);
// What was wrong before anything began, whatever the least level is. As text it is `text` alone: it stands on
// the terminal of the one who has typed the command.
void log_at_start(core::Level level, std::string_view code, std::string_view text);

// Writes down what shards have to say.
class LogObserver final : public core::Observer {
 public:
  // While `kafka_is_away`, which has been said, what fails because of it is of interest to nobody.
  explicit LogObserver(std::function<bool()> kafka_is_away) : kafka_is_away_(std::move(kafka_is_away)) {}

  void said(const Source& source, const core::Notice& say) override;
  void shard_said(int partition, const core::Notice& say) override;
  void rebalanced(const core::MembershipEvent&) override {}
  void waited(const Source&, Duration) override {}
  void answered(const Source&, const http::Response&) override {}
  void polled(const Source&, const core::PollResult&, Time) override {}
  void transacted(const core::Batch& batch, core::Outcome outcome, Duration took, Time when) override;

 private:
  const std::function<bool()> kafka_is_away_;
};

}  // namespace auditstream::runtime
