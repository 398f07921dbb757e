// What lies in the offsets topic, for commands: read, or complained about. Fences nobody.
#pragma once

#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"
#include "core/cursor.h"

namespace auditstream::cli {

// The live records by partition; none if there is no such topic. If they can't be read, `err` says why, and
// this is the exit code.
std::variant<std::vector<core::RecordMap>, int> read_offsets(const config::Config& config, std::ostream& err);

struct CursorRecord {
  std::string source;
  int partition;
  std::string value;
};
// In the order of the sources' names.
std::vector<CursorRecord> cursors_in(const std::vector<core::RecordMap>& partitions);

// Says that the source has no cursor, and which name that has one is the nearest.
void complain_of_missing_cursor(const std::string& source, const std::vector<CursorRecord>& cursors,
                                std::ostream& err);

}  // namespace auditstream::cli
