// What an instance says about its sources (GET /sources), and how `auditstream status` shows it: as text that
// fits a terminal and can't control it. Knows no terminal, no network and no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/result.h"
#include "auditstream/time.h"

namespace auditstream::cli {

struct SourceRow {
  std::string name;
  std::string vendor;
  std::string state;
  std::string activity;  // "": another instance polls it
  bool known = true;     // false: `state` is the last known one
  std::string owner;     // "": nobody
  std::optional<Time> last_success;
  std::optional<Time> failing_since;
  std::int64_t attempts = 0;  // failed ones in a row
  std::optional<Time> next_attempt;
  std::string overlap_advised;            // such as "30m"
  std::optional<Time> history_watermark;  // of a history that is read beside the present
  std::optional<Time> backfill_end;       // estimated
  std::optional<Time> watermark;
  std::optional<double> lag_seconds;       // negative: the watermark lies in the future
  std::optional<std::int64_t> per_minute;  // of the last full minute
  std::int64_t published = 0;
  std::int64_t dead_letters = 0;
  std::string error;
  std::int64_t error_status = 0;  // HTTP status, if any
};

struct KafkaRow {
  bool reachable = true;
  std::optional<Time> since;  // when it stopped being reachable
  std::string error;
};

struct ConfigRow {
  std::optional<Time> refused_at;  // nothing: the config was accepted
  std::string error;
};

struct StatusReport {
  Time now{};  // the instance's clock
  std::string instance;
  std::string version;
  KafkaRow kafka;
  ConfigRow config;
  std::vector<SourceRow> sources;
};

// An error names the field that is missing or has the wrong type. Fields that older instances don't have may
// be missing.
Result<StatusReport> parse_status(std::string_view json);

// Marks all states as no longer known.
void forget_states(StatusReport& report);

struct TableFormat {
  std::size_t columns = 0;  // 0: as wide as needed
  std::size_t lines = 0;    // 0: all sources
  bool colour = false;
  bool utf8 = true;       // else ASCII only
  std::string hint = "";  // appended to the line of the instance
};

// How many sources are in which state, which instance says so, problems with Kafka, an empty line, and a
// table with the worst first. What does not fit is left out, with a note: columns by their importance, then
// the ends of texts, then the last sources.
std::string status_text(const StatusReport& report, const TableFormat& format);

// One line without a line break: white space becomes spaces, and nothing can control a terminal.
std::string status_line(std::string_view text, const TableFormat& format);

// From the status code on, "HTTP 503: try again", if the message begins with a vendor and its address.
std::string brief_error(std::string_view error, std::int64_t status);

// "42s", "2m 5s", "3h 11m", "2d 4h"; "5h 0m ahead" if negative.
std::string format_lag(double seconds);

}  // namespace auditstream::cli
