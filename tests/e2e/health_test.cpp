// What an instance tells of Kafka while Kafka is in trouble, wherever people look.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "e2e/asking.h"
#include "e2e/world.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t lines_with(const Child& run, const std::string& code) {
  const std::vector<std::string> lines = lines_of(run.err());
  return static_cast<std::size_t>(std::ranges::count_if(
      lines, [&](const std::string& line) { return line.find(" code=" + code + " ") != std::string::npos; }));
}

bool metric_says(const Child& run, const std::string& value) {
  return ask(run, "GET", "/metrics").body.find("\nauditstream_kafka_reachable " + value + "\n") !=
         std::string::npos;
}

TEST(Health, KafkaThatIsAwayIsToldEverywhereAndFoundAgainUnderAnotherPort) {
  Broker kafka;
  kafka.move(1);  // with its next start
  World world({.vendors = {"tines"}, .like = "\"history\":100,\"history_span\":\"48h\",\"rate\":5"},
              kafka.bootstrap());
  const auto run = world.start();
  world.until_up_to_date();
  until("it is ready", 30s, [&] { return ask(*run, "GET", "/readyz").status == 200; });
  EXPECT_TRUE(metric_says(*run, "1"));

  kafka.kill();
  until("it is said", 30s, [&] { return lines_with(*run, "kafka_unreachable") > 0; });
  EXPECT_THAT(ask(*run, "GET", "/readyz").body, HasSubstr("Kafka can't be reached since 20"));
  EXPECT_EQ(ask(*run, "GET", "/readyz").status, 503);
  EXPECT_EQ(ask(*run, "GET", "/livez").status, 200);
  const YAML::Node told = get(*run, "/sources")["kafka"];
  EXPECT_FALSE(told["reachable"].as<bool>());
  EXPECT_THAT(told["error"].as<std::string>(), HasSubstr("Connection refused"));
  EXPECT_TRUE(metric_says(*run, "0"));
  const YAML::Node source = get(*run, "/sources")["sources"][0];
  EXPECT_FALSE(source["known"].as<bool>());
  EXPECT_EQ(source["state"].as<std::string>(), "UNASSIGNED") << "nobody can tell, so it is not green";
  let_pass(10s);  // until what was under way has been in vain
  EXPECT_EQ(lines_with(*run, "kafka_unreachable"), 1u);
  EXPECT_EQ(lines_with(*run, "commit_failed") + lines_with(*run, "journal_not_open"), 0u) << run->err();

  kafka.start();
  until("it is found again", 90s, [&] { return lines_with(*run, "kafka_reachable") > 0; });
  until("it is ready again", 60s, [&] { return ask(*run, "GET", "/readyz").status == 200; });
  EXPECT_TRUE(get(*run, "/sources")["kafka"]["reachable"].as<bool>());
  EXPECT_TRUE(metric_says(*run, "1"));
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

TEST(Health, ABrokerThatDiesOfAFullDiskIsKafkaThatIsAway) {
  Broker kafka;
  World world({.vendors = {"tines"}, .like = "\"history\":100,\"history_span\":\"48h\",\"rate\":5"},
              kafka.bootstrap());
  const auto run = world.start();
  world.until_up_to_date();
  until("it is ready", 30s, [&] { return ask(*run, "GET", "/readyz").status == 200; });
  kafka.fill_disk();
  kafka.until_dead();
  until("it is said", 30s, [&] {
    const Answer ready = ask(*run, "GET", "/readyz");
    return ready.status == 503 && ready.body.find("Kafka can't be reached since 20") != std::string::npos;
  });
  EXPECT_FALSE(get(*run, "/sources")["sources"][0]["known"].as<bool>());
  EXPECT_TRUE(metric_says(*run, "0"));
  EXPECT_GE(lines_with(*run, "kafka_unreachable"), 1u);

  kafka.start();
  until("it is ready again", 90s, [&] { return ask(*run, "GET", "/readyz").status == 200; });
  EXPECT_EQ(lines_with(*run, "kafka_reachable"), 1u);
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

TEST(LostCursors, AreSaidByCheckAndRunBeforeAnythingComesTwice) {
  World world({.vendors = {"tines"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":0"});
  {
    const auto run = world.start();
    world.expect_exactly_once();
    drain(*run);
  }
  EXPECT_THAT(world.auditstream({"check"}).out, Not(HasSubstr("has no cursor in")));
  delete_topic(world.bootstrap(), world.offsets_topic());
  const std::string words = "source acme-tines has no cursor in " + world.offsets_topic();
  EXPECT_THAT(world.auditstream({"check"}).out, HasSubstr(words));
  const auto run = world.start();
  until("it starts", 30s, [&] { return lines_with(*run, "started") > 0; });
  EXPECT_EQ(lines_with(*run, "cursor_gone"), 1u);
  EXPECT_THAT(run->err(), HasSubstr(words));
}

TEST(OldEvents, HoldTheirSourceWhereTheTopicRefusesTheirAgeAndNoOther) {
  World world(
      {.vendors = {"tines", "workato"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":1"});
  world.config["offsets"]["partitions"] = 1;  // they share a shard
  create_topic(world.bootstrap(), world.topic("tines"), 2,
               {{"message.timestamp.before.max.ms", "3600000"}, {"retention.ms", "-1"}});
  const std::string remedy =
      "--topic " + world.topic("tines") + " --add-config message.timestamp.before.max.ms=";
  EXPECT_THAT(world.auditstream({"check"}).out, HasSubstr(remedy));
  const auto run = world.start();
  until("it is said", 60s, [&] { return lines_with(*run, "commit_failed") > 0; });
  EXPECT_THAT(run->err(), HasSubstr(remedy));
  world.until_up_to_date({"workato"});
  EXPECT_TRUE(read_topic(world.bootstrap(), world.topic("tines")).empty());
  EXPECT_TRUE(read_topic(world.bootstrap(), world.dead_letter_topic("tines")).empty());
}

}  // namespace
}  // namespace auditstream::test
