#include "probe/times_within.h"

#include <map>

#include "probe/json_strings.h"

namespace auditstream::probe {

std::string time_that_lies_within(Time from, Time to, const std::vector<Row>& rows) {
  std::map<std::string, std::size_t> fitting;
  for (const Row& row : rows) {
    for_each_string(row.raw, [&](const JsonString& found) {
      if (found.pointer.empty() || found.pointer == row.time_at) return;
      const std::optional<Time> time = parse_event_time(found.text);
      if (time && *time >= from && *time <= to) ++fitting[found.pointer];
    });
  }
  for (const auto& [pointer, count] : fitting) {
    if (count == rows.size()) return pointer;
  }
  return "";
}

}  // namespace auditstream::probe
