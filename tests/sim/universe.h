// Universe: vendors, Kafka, a group and processes of auditstream in one thread and one virtual time, all of
// it from one seed. Every decision of the product is the real code; only the outside files are replaced.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario.h"
#include "sim/world.h"

namespace auditstream::sim {

struct Verdict {
  std::vector<std::string> failures;  // empty: all invariants held
  std::vector<std::string> story;     // if it was to be told
  Tally tally;
};

// Lives it: troubles first, then peace until everything has arrived; then checks the invariants.
Verdict live(const Scenario& scenario, bool telling = false);

}  // namespace auditstream::sim
