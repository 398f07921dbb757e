// What an instance says of its sources (GET /sources), and how `auditstream status` shows it: as text that
// fits a terminal and can't steer it. Knows no terminal and no network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/result.h"

namespace auditstream {

struct SourceRow {
  std::string name;
  std::string vendor;
  std::string state;
  std::string activity;   // "": another instance polls it
  std::string owner;      // "": nobody
  std::string watermark;  // RFC3339; "": none yet
  std::optional<double> lag_seconds;
  std::optional<std::int64_t> per_minute;  // of the last full minute
  std::int64_t published = 0;
  std::int64_t dead_letters = 0;
  std::string error;
};

struct StatusReport {
  std::string now;  // RFC3339
  std::string instance;
  std::string version;
  std::vector<SourceRow> sources;
};

// An error names the field that is missing or of another kind.
Result<StatusReport> parse_status(std::string_view json);

struct TableFormat {
  std::size_t columns = 0;  // 0: as wide as it has to be
  std::size_t lines = 0;    // 0: all sources
  bool colour = false;
  bool utf8 = true;  // else ASCII only
};

// A line of totals, an empty one, a table, failed sources first. What does not fit is left out, and said so:
// columns by their importance, then the ends of texts, then the last sources.
std::string status_text(const StatusReport& report, const TableFormat& format);

// One line without a line break: blanks for white space, nothing that could steer a terminal.
std::string status_line(std::string_view text, const TableFormat& format);

// "42s", "2m 5s", "3h 11m", "2d 4h".
std::string format_lag(double seconds);

}  // namespace auditstream
