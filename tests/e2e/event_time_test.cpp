// What vendors do with the times of their events: hold them back, date them ahead, spell them as nobody can
// read, compare them in their own way.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "auditstream/json.h"
#include "auditstream/time.h"
#include "e2e/wall_clock.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

std::size_t records(World& world) {
  std::size_t count = 0;
  for (const std::string& topic : world.topics()) count += read_topic(world.bootstrap(), topic).size();
  return count;
}

// Three events a minute, in hours that a test steps through. Vendors and connector agree on the time;
// Kafka lives later than both, which it does not mind.
Tenants in_the_past(const WallClock& clock, const std::string& more = "") {
  return {.like = "\"history\":200,\"history_span\":\"24h\",\"rate\":0.05" + more,
          .environment = clock.environment()};
}

TEST(EventTime, AnIngestThatStallsForTwoHoursWhileWeRestart) {
  WallClock clock(-6h);
  World world(in_the_past(clock));
  auto run = world.start({"run"}, clock.environment());
  clock.step(10min);
  world.expect_exactly_once();

  // It ends while we are away.
  world.control("{\"stall\":\"2h\"}");
  clock.step(40min);
  world.until_polled();
  world.expect_exactly_once();
  const std::size_t before = records(world);
  kill_at_once(*run);
  run = world.start({"run"}, clock.environment());
  world.until_polled();
  clock.step(40min);
  world.until_polled();
  EXPECT_EQ(records(world), before);
  kill_at_once(*run);
  clock.step(50min);
  run = world.start({"run"}, clock.environment());
  world.expect_exactly_once();
  EXPECT_GT(records(world), before + 1500);

  // It ends while we look on.
  world.control("{\"stall\":\"2h\"}");
  clock.step(1h);
  world.until_polled();
  kill_at_once(*run);
  clock.step(50min);
  run = world.start({"run"}, clock.environment());
  world.until_polled();
  clock.step(30min);
  world.until_polled();
  world.stop_production();
  world.expect_exactly_once();
}

TEST(EventTime, TwoHoursInTheFuture) {
  WallClock clock(-7h);
  World world(in_the_past(clock, ",\"ahead_share\":0.2,\"ahead_by\":\"2h\""));
  auto run = world.start({"run"}, clock.environment());
  clock.step(10min);
  world.expect_exactly_once();
  drain(*run);

  const Time now = clock.now();
  for (const std::string& vendor : world.vendors()) {
    EXPECT_LE(parse_rfc3339(world.cursor(vendor)["watermark"].as<std::string>()).value(), now) << vendor;
    std::size_t in_the_future = 0;
    for (const Record& record : read_topic(world.bootstrap(), world.topic(vendor))) {
      EXPECT_LE(Time(std::chrono::milliseconds(record.timestamp_ms)), now);
      const Time time = parse_event_time(record.header("ce_time")).value();
      if (time > now + 1h) ++in_the_future;
    }
    EXPECT_GT(in_the_future, 0u) << vendor;
  }

  // What happens between now and then is found.
  run = world.start({"run"}, clock.environment());
  clock.step(30min);
  world.expect_exactly_once();
  kill_at_once(*run);
  // Also where their time comes before the vendor shows what happened before it.
  world.control("{\"stall\":\"3h\"}");
  run = world.start({"run"}, clock.environment());
  world.until_polled();
  clock.step(150min);
  world.until_polled();
  kill_at_once(*run);
  run = world.start({"run"}, clock.environment());
  world.until_polled();
  clock.step(60min);
  world.expect_exactly_once();
  world.stop_production();
  world.expect_exactly_once();
}

// FloQast's ids carry a time of their own, so there it can't happen.
TEST(EventTime, APageOfWhichEveryTimeIsUnreadableAdvancesNothing) {
  World world({.vendors = {"captivateiq", "endorlabs", "tines", "workato"},
               .like = "\"history\":60,\"history_span\":\"30m\",\"rate\":3,\"odd_times\":true"});
  // All of it in one window. The few events of a narrow one would be dead letters, each for itself.
  world.config["defaults"]["backfill_start_time"] = format_rfc3339(floor_second(WallClock().now() - 55min));
  const auto until_malformed = [&](const Child& run, std::size_t times) {
    for (const std::string& vendor : world.vendors()) {
      until("the page of " + vendor + " is called malformed", 60s,
            [&] { return World::times_said(run, vendor, "malformed") >= times; });
    }
  };
  auto run = world.start();
  until_malformed(*run, 1);
  for (const std::string& vendor : world.vendors()) {
    EXPECT_EQ(world.cursor(vendor)["watermark"].as<std::string>(),
              world.cursor(vendor)["since"].as<std::string>());
  }
  EXPECT_EQ(records(world), 0u);
  world.control("{\"set\":{\"odd_times\":false}}");
  world.expect_exactly_once();

  world.control("{\"set\":{\"odd_times\":true}}");
  until_malformed(*run, 2);
  kill_at_once(*run);
  const std::size_t before = records(world);
  run = world.start();
  until_malformed(*run, 1);
  EXPECT_EQ(records(world), before);
  world.control("{\"set\":{\"odd_times\":false}}");
  world.stop_production();
  world.expect_exactly_once();
  for (const std::string& vendor : world.vendors()) {
    EXPECT_TRUE(read_topic(world.bootstrap(), world.dead_letter_topic(vendor)).empty()) << vendor;
  }
}

// Windows of a backfill meet where events are dense, once at a whole second and once within one. After that
// many events in one second and more to come in the same one, restarts among them, and so short an overlap
// that each window begins at one of them.
void expect_exactly_once_where_bounds(const std::string& mean) {
  const Time since = floor_second(WallClock().now() - 3h);
  const auto wanted = [&](const std::string& line) {
    return parse_event_time(json::scalar_at(line, "/time").value()).value() >= since;
  };
  std::vector<std::unique_ptr<World>> worlds;
  for (const char* inclusive : {"true", "false"}) {
    Tenants tenants{.vendors = {"tines", "workato"},
                    .like =
                        "\"history\":16000,\"history_span\":\"3h\",\"rate\":40,\"burst_every\":200,"
                        "\"burst_size\":45,\"late_share\":0.1,\"late_max\":\"1s\"," +
                        mean + ",\"inclusive\":" + inclusive};
    worlds.push_back(std::make_unique<World>(tenants));
    worlds.back()->config["defaults"]["overlap"] = "3s";
    // From here the first window has one hour and the second nearly two.
    worlds.back()->config["defaults"]["backfill_start_time"] = format_rfc3339(since);
  }
  for (int life = 0; life < 3; ++life) {
    std::vector<std::unique_ptr<Child>> runs;
    for (const auto& world : worlds) runs.push_back(world->start());
    for (const auto& world : worlds) world->until_up_to_date(world->vendors(), wanted);
    for (const auto& run : runs) kill_at_once(*run);
  }
  for (const auto& world : worlds) {
    const auto run = world->start();
    world->stop_production();
    for (const std::string& vendor : world->vendors()) world->expect_exactly_once(vendor, wanted);
  }
}

TEST(EventTime, BoundsThatActOnThePrintedSecond) {
  expect_exactly_once_where_bounds("\"printed_bounds\":true");
}

TEST(EventTime, BoundsThatActOnTheHiddenFraction) {
  expect_exactly_once_where_bounds("\"printed_bounds\":false");
}

}  // namespace
}  // namespace auditstream::test
