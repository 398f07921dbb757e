// sim_tests [--seeds N] [--from SEED] [--told LINES] [--digests yes] [googletest's flags]
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "sim/soak.h"

namespace auditstream::sim {

Soak& soak() {
  static Soak soak;
  return soak;
}

}  // namespace auditstream::sim

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--seeds") == 0) auditstream::sim::soak().seeds = value;
    if (std::strcmp(argv[i], "--from") == 0) auditstream::sim::soak().from = value;
    if (std::strcmp(argv[i], "--told") == 0) auditstream::sim::soak().told = value;
    if (std::strcmp(argv[i], "--digests") == 0) auditstream::sim::soak().digests = true;
  }
  return RUN_ALL_TESTS();
}
