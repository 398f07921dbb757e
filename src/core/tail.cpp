#include "core/tail.h"

namespace auditstream::core {

CursorPlaces cursor_places(const std::vector<RecordMap>& partitions) {
  CursorPlaces places;
  for (std::size_t partition = 0; partition < partitions.size(); ++partition) {
    for (const auto& [key, value] : partitions[partition]) {
      if (is_cursor_key(key)) places[key][static_cast<int>(partition)] = account_of_cursor(value);
    }
  }
  return places;
}

}  // namespace auditstream::core
