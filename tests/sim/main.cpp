// sim_tests [--seeds N] [--from SEED] [--told LINES] [--digests yes] [--vendor NAME] [googletest's flags]
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/soak.h"
#include "vendor_apis/registry.h"

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
    if (std::strcmp(argv[i], "--vendor") != 0) continue;
    auditstream::sim::soak().vendor = auditstream::vendor_apis::find_vendor(argv[i + 1]);
    if (auditstream::sim::soak().vendor != nullptr) continue;
    std::fprintf(stderr, "sim_tests: src/vendor_apis/vendors.inc has no vendor %s\n", argv[i + 1]);
    return 64;
  }
  return RUN_ALL_TESTS();
}
