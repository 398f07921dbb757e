// Which seeds to live: 200 in ctest, as many as wanted from the command line.
#pragma once

#include <cstdint>

namespace auditstream::sim {

struct Soak {
  std::uint64_t seeds = 200;
  std::uint64_t from = 1;
};

// Set by main() from --seeds N and --from SEED.
Soak& soak();

}  // namespace auditstream::sim
