// What an instance says of its sources (GET /sources), and how `auditstream status` shows it: as text that
// fits a terminal and can't steer it. Knows no terminal, no network and no clock.
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
  bool known = true;     // else `state` is the last one that was known
  std::string owner;     // "": nobody
  std::optional<Time> last_success;
  std::optional<Time> failing_since;
  std::int64_t attempts = 0;  // failed ones in a row
  std::optional<Time> next_attempt;
  std::optional<Time> backfill_end;  // estimated
  std::optional<Time> watermark;
  std::optional<double> lag_seconds;       // negative: the watermark lies in the future
  std::optional<std::int64_t> per_minute;  // of the last full minute
  std::int64_t published = 0;
  std::int64_t dead_letters = 0;
  std::string error;
  std::int64_t error_status = 0;  // HTTP's, if any
};

struct KafkaRow {
  bool reachable = true;
  std::optional<Time> since;  // when it stopped being so
  std::string error;
};

struct ConfigRow {
  std::optional<Time> refused_at;  // nothing: it is taken
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

// An error names the field that is missing or of another kind. What an older instance doesn't tell yet may be
// missing.
Result<StatusReport> parse_status(std::string_view json);

// Nothing in it is known to be so any more.
void forget_states(StatusReport& report);

struct TableFormat {
  std::size_t columns = 0;  // 0: as wide as it has to be
  std::size_t lines = 0;    // 0: all sources
  bool colour = false;
  bool utf8 = true;       // else ASCII only
  std::string hint = "";  // for whoever looks at it, behind the line of the instance
};

// How many sources are how, who says so, what is wrong with Kafka, an empty line, a table, the worst first.
// What does not fit is left out, and said so: columns by their importance, then the ends of texts, then the
// last sources.
std::string status_text(const StatusReport& report, const TableFormat& format);

// One line without a line break: blanks for white space, nothing that could steer a terminal.
std::string status_line(std::string_view text, const TableFormat& format);

// From the status code on: "HTTP 503: try again" where the message begins with whom was asked, and where.
std::string brief_error(std::string_view error, std::int64_t status);

// "42s", "2m 5s", "3h 11m", "2d 4h"; "5h 0m ahead" where it is negative.
std::string format_lag(double seconds);

}  // namespace auditstream::cli
