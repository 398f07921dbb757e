// The events of a vendor without its API: for tests of what is done with events.
#pragma once

#include <string>
#include <vector>

#include "simvendors/api.h"

namespace auditstream::sim {

struct EventLine {
  std::string id;  // flaws aside
  Time time;       // as printed, flaws aside
  bool flawed = false;
  std::string text;  // the event's bytes, on one line
};

// So many events of each shape that the vendor's events may have. Every tenth or so lacks its id or its time,
// or has one that can't be read. The same for the same seed.
std::vector<EventLine> event_lines(const Api& api, std::uint32_t of_each_shape, std::uint64_t seed);

}  // namespace auditstream::sim
