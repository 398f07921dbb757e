#include "cost/growth.h"

#include <gtest/gtest.h>
#include <valgrind/callgrind.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace auditstream::test {

std::uint64_t steps(const std::function<void()>& work) {
  // Valgrind writes a file each time it is asked to, numbered from 1.
  static int asked = 0;
  const char* counts = std::getenv("AUDITSTREAM_COUNTS");
  if (counts == nullptr) {
    ADD_FAILURE() << "nobody counts: run it by tests/cost/count, as ctest does";
    return 1;
  }
  CALLGRIND_ZERO_STATS;
  work();
  CALLGRIND_DUMP_STATS;
  const std::string path = counts + ("." + std::to_string(++asked));
  std::ifstream file(path);
  std::uint64_t count = 0;
  for (std::string line; count == 0 && std::getline(file, line);) {
    if (line.starts_with("summary: ")) count = std::stoull(line.substr(9));
  }
  EXPECT_GT(count, 0U) << path;
  std::filesystem::remove(path);
  return std::max<std::uint64_t>(count, 1);
}

}  // namespace auditstream::test
