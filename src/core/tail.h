// What reading along with the offsets topic tells: who has opened which partition, and where cursors lie.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/cursor.h"

namespace auditstream::core {

// Somebody has opened a partition: in the order of its log, our own marks among them.
struct OwnerMark {
  int partition = 0;
  std::string mark;
};

// A partition has a cursor of the source from now on; without an account it has none any more.
struct CursorSeen {
  std::string source;
  int partition = 0;
  std::optional<std::string> account;
};

using TailEvent = std::variant<OwnerMark, CursorSeen>;

// By source and partition: under which account its cursor lies there. Partitions are read side by side, so
// while a cursor moves it may for a moment lie in both, or in none.
using CursorPlaces = std::map<std::string, std::map<int, std::string>, std::less<>>;

// The same of the live records of each partition.
CursorPlaces cursor_places(const std::vector<RecordMap>& partitions);

}  // namespace auditstream::core
