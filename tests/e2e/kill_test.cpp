// kill -9 at random moments, each after the killed process has committed something, while the vendors
// misbehave.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <random>

#include "e2e/world.h"

namespace auditstream::test {
namespace {

TEST(Kill, TwentyFiveKillsAtRandomMomentsLoseAndRepeatNothing) {
  constexpr int kills = 25;
  const char* given = std::getenv("AUDITSTREAM_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device()();
  SCOPED_TRACE("replay with AUDITSTREAM_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);

  Tenants tenants;
  tenants.like =
      "\"history\":5000,\"history_span\":\"240h\",\"rate\":20,\"late_share\":0.05,\"late_max\":\"5s\","
      "\"faults\":0.05,"
      "\"slow_by\":\"500ms\",\"burst_every\":200,\"burst_size\":50";
  World world(tenants);
  auto run = world.start();
  until("all topics are there", 60s, [&] {
    TopicReader reader(world.bootstrap(), world.topics());
    return reader.next(100ms).has_value();
  });

  TopicReader reader(world.bootstrap(), world.topics());
  for (int kill = 0; kill < kills; ++kill) {
    // What the processes before this one have left open or half committed is settled once this one has fenced
    // them; only what comes after that is its own.
    reader.rest(60s);
    until("the process commits", 60s, [&] { return reader.next(20ms).has_value(); });
    let_pass(std::chrono::milliseconds(std::uniform_int_distribution(0, 400)(random)));
    ASSERT_TRUE(run->running()) << run->err();
    run->signal(SIGKILL);
    ASSERT_EQ(run->wait(10s), 128 + SIGKILL);
    run = world.start();
  }
  world.stop_production();
  world.expect_exactly_once(180s);
  world.expect_gapless();
  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(30s), 0) << run->err();
}

}  // namespace
}  // namespace auditstream::test
