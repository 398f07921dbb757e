// Memory stays bounded, however much a vendor has to tell.
#include <gtest/gtest.h>

#include <sstream>

#include "auditstream/json.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

constexpr long rss_kb_max = 150 * 1024;

// The most that the process has ever had in memory.
long peak_rss_kb(const Child& child) {
  std::istringstream status(read_file("/proc/" + std::to_string(child.pid()) + "/status"));
  for (std::string word; status >> word;) {
    long kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

// What the only cursor says has been published.
std::string published(World& world) {
  const Finished list = world.auditstream({"cursors", "list", "--json"});
  const std::size_t begin = list.out.find('{');
  if (begin == std::string::npos) return "";
  return json::scalar_at(std::string_view(list.out).substr(begin, list.out.rfind('}') - begin + 1),
                         "/published")
      .value_or("");
}

void expect_bounded(const Child& run) {
  const long peak = peak_rss_kb(run);
  EXPECT_GT(peak, 0);
  EXPECT_LT(peak, rss_kb_max);
}

TEST(Memory, StaysBoundedWhileAMillionEventsAreReadBack) {
  World world({.vendors = {"tines"}, .like = "\"history\":1000000,\"history_span\":\"720h\",\"rate\":0"});
  const auto run = world.start();
  until("a million events are published", 300s, [&] { return published(world) == "1000000"; });
  expect_bounded(*run);
}

TEST(Memory, StaysBoundedWhenFiftyThousandEventsLieInOneSecond) {
  World world({.vendors = {"tines"}, .like = "\"history\":50000,\"history_span\":\"1s\",\"rate\":0"});
  const auto run = world.start();
  until("all of them are published", 120s, [&] { return published(world) == "50000"; });
  expect_bounded(*run);
  world.expect_exactly_once();
}

}  // namespace
}  // namespace auditstream::test
