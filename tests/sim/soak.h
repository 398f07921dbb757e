// Which seeds to live: 200 in ctest, as many as wanted from the command line.
#pragma once

#include <cstdint>

#include "auditstream/vendor.h"

namespace auditstream::sim {

struct Soak {
  std::uint64_t seeds = 200;
  std::uint64_t from = 1;
  std::uint64_t told = 60;  // how many lines of its story a failing seed prints
  bool digests =
      false;  // print a digest of each seed's story: two builds that decide the same print the same
  const Vendor* vendor = nullptr;  // of every tenant; null: as the seed draws
};

// Set by main() from --seeds N, --from SEED, --told LINES, --digests yes and --vendor NAME.
Soak& soak();

}  // namespace auditstream::sim
