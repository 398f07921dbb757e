// The same targets without libFuzzer: their seeds, cut and bent, and every input that has ever been too much.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz/target.h"
#include "paths.h"

namespace auditstream::fuzz {
namespace {

namespace fs = std::filesystem;

class EveryTarget : public ::testing::TestWithParam<Target> {};

// Ends, instead of telling, where an input is too much: the last trace names it.
TEST_P(EveryTarget, TakesItsSeedsInAnyState) {
  const Target& target = GetParam();
  std::minstd_rand random(1);
  const std::vector<std::string> seeds = target.seeds();
  ASSERT_FALSE(seeds.empty());
  for (const std::string& seed : seeds) {
    target.run(seed);
    for (int i = 0; i < 20; ++i) {
      std::string bent = seed.substr(0, seed.empty() ? 0 : random() % (seed.size() + 1));
      for (int changes = 0; changes < i % 4 && !bent.empty(); ++changes) {
        bent[random() % bent.size()] = static_cast<char>(random() & 0xff);
      }
      target.run(bent);
    }
  }
  target.run("");
}

TEST_P(EveryTarget, TakesWhatWasOnceTooMuch) {
  const fs::path folder = fs::path(PROJECT_DIR) / "tests/fuzz/regressions" / GetParam().name;
  if (!fs::exists(folder)) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    ASSERT_TRUE(in) << entry.path();
    GetParam().run(std::string(std::istreambuf_iterator<char>(in), {}));
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, EveryTarget, ::testing::ValuesIn(targets()),
                         [](const auto& info) { return info.param.name; });

// A folder without its target is an input that nobody tries any more.
TEST(Regressions, BelongToATarget) {
  for (const fs::directory_entry& entry :
       fs::directory_iterator(fs::path(PROJECT_DIR) / "tests/fuzz/regressions")) {
    if (entry.is_directory()) {
      EXPECT_NE(find_target(entry.path().filename().string()), nullptr) << entry.path();
    }
  }
}

}  // namespace
}  // namespace auditstream::fuzz
