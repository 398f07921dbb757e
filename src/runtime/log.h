// The log: one line per event on stderr, as text or JSON. Thread-safe and never blocking: a thread of its own
// writes the lines, and those that nobody reads are dropped.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "config/config.h"
#include "core/notice.h"
#include "core/shard.h"

namespace auditstream::runtime {

// Sets the format and the lowest level for the whole process, and the `instance` of each JSON line. Must be
// called once, before any other thread starts; nothing is logged before.
void start_log(const config::LogSettings& settings, std::string instance);

// Waits a moment for the last lines to be written. For the end of a process.
void flush_log();

// Logs a last line, then ends the process with this exit code within seconds, whatever other threads are
// doing.
[[noreturn]] void log_and_exit(int exit_code, core::Level level, std::string_view code,
                               std::string_view text);

// A line that is not about a source.
void log(core::Level level, std::string_view code, std::string_view text);
// A line about a source.
void log(core::Level level, const Source& source, std::string_view code, std::string_view text);
// An error before anything has begun, logged whatever the lowest level. In text format, `text` alone: it is
// for the terminal of the person who typed the command.
void log_at_start(core::Level level, std::string_view code, std::string_view text);

// Logs what shards report.
class LogObserver final : public core::Observer {
 public:
  // While `kafka_is_away`, which is logged elsewhere, errors that follow from it are logged as debug.
  explicit LogObserver(std::function<bool()> kafka_is_away) : kafka_is_away_(std::move(kafka_is_away)) {}

  void said(const Source& source, const core::Notice& say) override;
  void shard_said(int partition, const core::Notice& say) override;
  void rebalanced(const core::MembershipEvent&) override {}
  void waited(const Source&, Duration) override {}
  void answered(const Source&, const http::Response&) override {}
  void polled(const Source&, const core::PollResult&, Time) override {}
  void ignored_rows(const Source&, std::size_t) override {}
  void transacted(const core::Batch& batch, core::Outcome outcome, Duration took, Time when) override;

 private:
  const std::function<bool()> kafka_is_away_;
};

}  // namespace auditstream::runtime
