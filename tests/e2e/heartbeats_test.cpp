// Heartbeats on a real Kafka: what they call complete was published before, and nothing waits for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "auditstream/time.h"
#include "e2e/world.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Heartbeats {
  explicit Heartbeats(const Tenants& tenants) : world(tenants) {
    world.config["heartbeats"]["topic"] = topic();
    world.config["heartbeats"]["interval"] = "1s";
  }
  std::string topic() const { return world.offsets_topic() + "-heartbeats"; }
  // Of the vendor's source, in the order of the topic.
  std::vector<YAML::Node> of(const std::string& vendor) const {
    std::vector<YAML::Node> found;
    for (const Record& record : read_topic(world.bootstrap(), topic())) {
      if (record.key == World::source(vendor)) found.push_back(YAML::Load(record.value.value_or("")));
    }
    return found;
  }

  World world;
};

Time time_of(const YAML::Node& heartbeat, const char* member) {
  return *parse_rfc3339(heartbeat[member].as<std::string>());
}

TEST(Heartbeats, CallNothingCompleteThatIsNotAndNeverSayLessThanBefore) {
  Heartbeats beats({.vendors = {"tines", "workato"},
                    .like = "\"history\":3000,\"history_span\":\"240h\",\"rate\":20,\"late_share\":0.05,"
                            "\"late_max\":\"5s\",\"faults\":0.05"});
  World& world = beats.world;
  auto run = world.start();
  for (int kill = 0; kill < 4; ++kill) {
    for (const std::string& vendor : world.vendors()) {
      const std::size_t before = beats.of(vendor).size();
      until("another heartbeat of " + vendor, 60s, [&] { return beats.of(vendor).size() > before + 1; });
    }
    kill_at_once(*run);
    run = world.start();
  }
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);

  for (const std::string& vendor : world.vendors()) {
    std::map<std::uint64_t, Time> events;  // by auditstream_seq
    for (const Record& record : read_topic(world.bootstrap(), world.topic(vendor))) {
      events[std::stoull(std::string(record.header("auditstream_seq")))] =
          *parse_rfc3339(record.header("ce_time"));
    }
    const std::vector<YAML::Node> series = beats.of(vendor);
    ASSERT_GT(series.size(), 8u);
    EXPECT_GT(series.back()["seq"].as<std::uint64_t>(), 3000u);
    Time complete_until{};
    std::uint64_t seq = 0;
    for (const YAML::Node& heartbeat : series) {
      const Time until = time_of(heartbeat, "complete_until");
      const auto last = heartbeat["seq"].as<std::uint64_t>();
      EXPECT_GE(until, complete_until) << heartbeat;
      EXPECT_GE(last, seq) << heartbeat;
      complete_until = until;
      seq = last;
      for (auto later = events.upper_bound(last); later != events.end(); ++later) {
        ASSERT_GE(later->second, until)
            << vendor << ": number " << later->first << " came after " << heartbeat;
      }
    }
    EXPECT_GT(complete_until, time_of(series.front(), "since")) << vendor;
  }
}

TEST(Heartbeats, AreNeverPublishedToACompactedTopic) {
  Heartbeats beats({.vendors = {"tines"}});
  create_topic(beats.world.bootstrap(), beats.topic(), 1, {{"cleanup.policy", "compact"}});
  for (const char* command : {"check", "run"}) {
    const Finished refused = beats.world.auditstream({command});
    EXPECT_EQ(refused.status, exit_config) << refused.err;
    EXPECT_THAT(refused.out + refused.err,
                AllOf(HasSubstr("topic " + beats.topic() + " has cleanup.policy=compact"),
                      HasSubstr("the key of a heartbeat is its source")));
  }
}

TEST(Heartbeats, WhoseTopicIsGoneHoldUpNoEvents) {
  Heartbeats beats({.vendors = {"tines"}, .like = "\"history\":100,\"history_span\":\"24h\",\"rate\":5"});
  World& world = beats.world;
  const auto run = world.start();
  until("there is one", 60s, [&] { return !beats.of("tines").empty(); });
  delete_topic(world.bootstrap(), beats.topic());
  until_said(*run, "no_heartbeats");
  EXPECT_THAT(run->err(), HasSubstr("topic " + beats.topic() + " does not exist any more"));
  world.until_up_to_date();
  create_topic(world.bootstrap(), beats.topic(), 1);
  until_said(*run, "heartbeats are published again");
  world.stop_production();
  world.expect_exactly_once();
  world.expect_gapless();
  drain(*run);
}

}  // namespace
}  // namespace auditstream::test
