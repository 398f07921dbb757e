// This machine's clock is wrong, and then right again: said, and without any effect on what is published.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auditstream/time.h"
#include "e2e/wall_clock.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;

constexpr Duration day = 24h;

Tenants lively() { return {.like = "\"history\":200,\"history_span\":\"72h\",\"rate\":5"}; }

void until_skew_is_said(World& world, const Child& run) {
  for (const std::string& vendor : world.vendors()) {
    until("the log warns of the skew against " + vendor, 60s,
          [&] { return World::times_said(run, vendor, "clock_skew") > 0; });
  }
}

void expect_exactly_once(World& world) {
  world.expect_exactly_once();
  for (const std::string& vendor : world.vendors()) {
    EXPECT_TRUE(read_topic(world.bootstrap(), world.dead_letter_topic(vendor)).empty()) << vendor;
  }
}

TEST(Clock, ADayBehindThenRight) {
  WallClock clock(-day);
  World world(lively());
  auto run = world.start({"run"}, clock.environment());
  until_skew_is_said(world, *run);
  EXPECT_THAT(run->err(), HasSubstr(" behind Tines's"));
  world.until_up_to_date();
  kill_at_once(*run);

  run = world.start({"run"}, clock.environment());
  world.until_up_to_date();
  clock.set_ahead(0s);
  world.until_up_to_date();
  world.stop_production();
  expect_exactly_once(world);
}

}  // namespace
}  // namespace auditstream::test
