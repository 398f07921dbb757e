// This machine's clock is wrong, and then right again: said, and without any effect on what is published.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auditstream/json.h"
#include "auditstream/time.h"
#include "e2e/wall_clock.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Duration year = 365 * 24h;
constexpr Duration day = 24h;

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

// The clock is set right under the second process.
void expect_exactly_once_over_a_restart(World& world, WallClock& clock, std::unique_ptr<Child> run) {
  world.until_up_to_date();
  kill_at_once(*run);
  run = world.start({"run"}, clock.environment());
  world.until_up_to_date();
  clock.set_ahead(0s);
  world.until_up_to_date();
  world.stop_production();
  expect_exactly_once(world);
}

TEST(Clock, AYearAheadAtTheFirstStartThenRight) {
  const WallClock clock(year);
  World world(busy_tenants());
  auto run = world.start({"run"}, clock.environment());
  until_skew_is_said(world, *run);
  EXPECT_THAT(run->err(), HasSubstr(" ahead of Tines's"));
  world.until_up_to_date();
  kill_at_once(*run);

  run = world.start();
  world.until_up_to_date();
  world.stop_production();
  expect_exactly_once(world);
  EXPECT_THAT(run->err(), Not(HasSubstr("clock_skew")));
}

TEST(Clock, AYearAheadWhereTheFirstStartIsTheBeginning) {
  const WallClock clock(year);
  World world(busy_tenants());
  world.config["defaults"].remove("backfill_start_time");
  const Time before = WallClock().now();
  auto run = world.start({"run"}, clock.environment());
  until_skew_is_said(world, *run);
  const Time after = WallClock().now();
  const auto time_of = [](const std::string& line) {
    return parse_event_time(json::scalar_at(line, "/time").value()).value();
  };
  world.until_up_to_date(world.vendors(), [&](const std::string& line) { return time_of(line) >= after; });
  kill_at_once(*run);

  run = world.start();
  world.stop_production();
  for (const std::string& vendor : world.vendors()) {
    // Seconds are what the vendor's Date header tells the time in.
    const auto surely = [&](const std::string& line) { return time_of(line) >= after; };
    const auto perhaps = [&](const std::string& line) { return time_of(line) >= before - 3s; };
    until(vendor + " is complete", 60s,
          [&] { return world.compare_with_topic(vendor, surely).missing == 0; });
    const Comparison all = world.compare_with_topic(vendor, perhaps);
    EXPECT_EQ(all.unknown + all.duplicated + all.altered, 0u)
        << vendor << ": " << ::testing::PrintToString(all.examples);
  }
}

TEST(Clock, StepsAYearAheadAndBackWhileItRuns) {
  WallClock clock;
  World world(busy_tenants());
  auto run = world.start({"run"}, clock.environment());
  world.until_up_to_date();
  clock.set_ahead(year);
  until_skew_is_said(world, *run);
  expect_exactly_once_over_a_restart(world, clock, std::move(run));
}

TEST(Clock, ADayBehindThenRight) {
  WallClock clock(-day);
  World world(busy_tenants());
  auto run = world.start({"run"}, clock.environment());
  until_skew_is_said(world, *run);
  EXPECT_THAT(run->err(), HasSubstr(" behind Tines's"));
  expect_exactly_once_over_a_restart(world, clock, std::move(run));
}

}  // namespace
}  // namespace auditstream::test
