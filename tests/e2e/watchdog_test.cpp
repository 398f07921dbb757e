// A process whose event loop hangs while librdkafka's threads go on must end, so that another instance takes
// over; one that was merely stopped must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "e2e/asking.h"
#include "e2e/world.h"
#include "support/held_thread.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;

// A moment longer than the watchdog's patience.
constexpr auto longer_than_patience = 20s;

TEST(Watchdog, EndsAProcessWhoseLoopHangsAndAnotherTakesOver) {
  World world({.vendors = {"tines"}});
  world.config["kafka"].remove("group.instance.id");
  const auto one = world.start();
  world.until_up_to_date();
  const auto two = world.start();
  {
    const HeldThread loop(one->pid());
    // Its HTTP server goes on, and tells what is so in the seconds before the end.
    until("its loop stands still for too long", 40s,
          [&] { return !one->running() || ask(*one, "GET", "/livez").status == 503; });
    ASSERT_TRUE(one->running());
    EXPECT_THAT(ask(*one, "GET", "/readyz").body, HasSubstr("the event loop does not answer"));
    const YAML::Node shown = get(*one, "/sources")["sources"][0];
    EXPECT_FALSE(shown["known"].as<bool>());
    EXPECT_EQ(shown["state"].as<std::string>(), "UNASSIGNED");
    EXPECT_EQ(one->wait(40s), 70);
  }
  EXPECT_NE(one->err().find("the event loop hangs"), std::string::npos);
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
}

TEST(Watchdog, LetsAStoppedProcessLiveOn) {
  World world({.vendors = {"tines"}});
  const auto run = world.start();
  world.until_up_to_date();
  run->signal(SIGSTOP);
  let_pass(longer_than_patience);
  run->signal(SIGCONT);
  EXPECT_EQ(ask(*run, "GET", "/livez").status, 200) << "it did not hang, it was stopped";
  world.until_up_to_date();
  EXPECT_TRUE(run->running());
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

// Before its first assignment a member waits for it, and that takes a while.
TEST(Watchdog, LetsAProcessLeaveAGroupThatDoesNotAnswer) {
  const Broker broker;
  World world({.vendors = {"tines"}}, broker.bootstrap());
  const auto run = world.start();
  until("it joins the group", 30s, [&] { return run->err().find("code=started") != std::string::npos; });
  broker.signal(1, SIGSTOP);
  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(90s), 0) << run->err();
  broker.signal(1, SIGCONT);
}

}  // namespace
}  // namespace auditstream::test
