// Kafka or a vendor in trouble while the binary runs: nothing is lost, the others go on, and it heals by
// itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <memory>

#include "auditstream/json.h"
#include "e2e/asking.h"
#include "e2e/world.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Tenants lively() { return {.like = "\"history\":300,\"history_span\":\"72h\",\"rate\":10"}; }

std::unique_ptr<Child> start_and_see_all_arrive(World& world) {
  auto run = world.start();
  for (const std::string& vendor : world.vendors()) {
    until(vendor + " arrives", 60s, [&] { return world.compare_with_topic(vendor).kafka_has > 0; });
  }
  return run;
}

TEST(Trouble, KafkaAwayAtTheStartIsExit69) {
  World world({.vendors = {"tines"}}, "127.0.0.1:9");
  const Finished run = world.auditstream({"run", "--wait-for-kafka", "3s"}, 30s);
  EXPECT_EQ(run.status, exit_unavailable) << run.err;
  EXPECT_THAT(run.err, HasSubstr("127.0.0.1:9"));
  EXPECT_THAT(world.stats(), HasSubstr("\"requests\":0,"));
}

TEST(Trouble, KafkaIsNotWaitedForAfterSigterm) {
  World world({.vendors = {"tines"}}, "127.0.0.1:9");
  const auto run = world.start({"run", "--wait-for-kafka", "5m"});
  until("it waits", 30s, [&] { return run->err().find("trying again") != std::string::npos; });
  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(5s), 0) << run->err();
}

TEST(Trouble, KafkaGoesAndComesBackAndNothingIsLostOrRepeated) {
  Broker kafka;
  World world(lively(), kafka.bootstrap());
  const auto run = start_and_see_all_arrive(world);
  kafka.stop();
  let_pass(3s);
  EXPECT_TRUE(run->running()) << run->err();
  kafka.start();
  const std::size_t before = world.compare_with_topic("tines").kafka_has;
  until("it goes on", 90s, [&] { return world.compare_with_topic("tines").kafka_has > before + 20; });
  kafka.kill();
  kafka.start();
  world.stop_production();
  world.expect_exactly_once(180s);
  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(30s), 0) << run->err();
}

TEST(Trouble, TheDrainEndsInTimeThoughKafkaIsAway) {
  Broker kafka;
  World world(lively(), kafka.bootstrap());
  const auto run = start_and_see_all_arrive(world);
  kafka.kill();
  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(40s), 0) << run->err();
  kafka.start();
  const auto again = world.start();
  world.stop_production();
  world.expect_exactly_once(180s);
}

TEST(Trouble, ARefusedSourceDisturbsNobodyAndHeals) {
  Tenants tenants;
  tenants.like = "\"history\":100,\"history_span\":\"48h\",\"rate\":2";
  World world(tenants);
  world.control("{\"vendor\":\"tines\",\"set\":{\"refuse\":401}}");
  const auto run = world.start();
  for (const std::string& vendor : world.vendors()) {
    if (vendor == "tines") continue;
    until(vendor + " arrives", 60s, [&] { return world.compare_with_topic(vendor).kafka_has > 105; });
  }
  EXPECT_EQ(world.compare_with_topic("tines").kafka_has, 0u);
  EXPECT_THAT(run->err(), HasSubstr("acme-tines"));
  EXPECT_THAT(run->err(), HasSubstr("api_key"));

  world.control("{\"vendor\":\"tines\",\"set\":{\"refuse\":0}}");
  world.stop_production();
  world.expect_exactly_once(200s);  // a refused credential is tried again after a minute at the earliest
}

TEST(Trouble, AnEventTooLargeForItsTopicIsDeadLetteredAlone) {
  Tenants tenants{.vendors = {"tines"}, .like = "\"history\":200,\"history_span\":\"48h\",\"rate\":0"};
  World world(tenants);
  // The largest event can't fit with its headers; where exactly the line runs is the connector's business.
  std::vector<std::size_t> sizes;
  for (const std::string& line : lines_of(world.truth("tines"))) {
    sizes.push_back(json::scalar_at(line, "/raw").value().size());
  }
  std::sort(sizes.begin(), sizes.end());
  ASSERT_LT(sizes.front(), sizes.back());
  const std::size_t limit = sizes.back();
  create_topic(world.bootstrap(), world.topic("tines"), 2, {{"max.message.bytes", std::to_string(limit)}});
  const auto run = world.start();
  std::vector<Record> dead, alive;
  until("all are somewhere", 60s, [&] {
    dead = read_topic(world.bootstrap(), world.dead_letter_topic("tines"));
    alive = read_topic(world.bootstrap(), world.topic("tines"));
    return dead.size() + alive.size() >= sizes.size();
  });
  EXPECT_FALSE(dead.empty());
  std::vector<Record> all = alive;
  all.insert(all.end(), dead.begin(), dead.end());
  EXPECT_TRUE(compare(read_truth(world.truth("tines")), all).perfect());
  for (const Record& record : dead) EXPECT_NE(record.header("auditstream_error"), "");
}

// What the topic took at the start is what it takes no more; the other source of the shard doesn't notice.
TEST(Trouble, ATopicThatTakesLessThanItDidCostsThoseEventsOnly) {
  World world(
      {.vendors = {"tines", "workato"}, .like = "\"history\":100,\"history_span\":\"48h\",\"rate\":10"});
  world.config["offsets"]["partitions"] = 1;
  world.config["kafka"]["compression.type"] = "none";
  const auto run = world.start();
  world.until_up_to_date();
  std::vector<std::size_t> sizes;
  std::size_t id_size = 0;
  for (const std::string& line : lines_of(world.truth("tines"))) {
    sizes.push_back(json::scalar_at(line, "/raw").value().size());
    id_size = json::scalar_at(line, "/id").value().size();
  }
  std::ranges::sort(sizes);
  ASSERT_LT(sizes.front(), sizes.back());
  // Half of the events fit with what belongs to a record, more or less; several together don't.
  alter_topic(world.bootstrap(), world.topic("tines"), "max.message.bytes",
              std::to_string(sizes[sizes.size() / 2] + 2 * id_size + 1023));
  until("some are too large now", 60s,
        [&] { return !read_topic(world.bootstrap(), world.dead_letter_topic("tines")).empty(); });
  const std::size_t before = read_topic(world.bootstrap(), world.topic("tines")).size();
  until("others still fit", 30s,
        [&] { return read_topic(world.bootstrap(), world.topic("tines")).size() > before + 20; });
  world.until_up_to_date({"workato"});
  world.stop_production();
  world.expect_exactly_once("workato", {});
  std::vector<Record> all;
  const std::size_t wanted = lines_of(world.truth("tines")).size();
  until("all are somewhere", 60s, [&] {
    all = read_topic(world.bootstrap(), world.topic("tines"));
    for (const Record& record : read_topic(world.bootstrap(), world.dead_letter_topic("tines"))) {
      EXPECT_EQ(record.header("auditstream_error"), "too_large");
      all.push_back(record);
    }
    return all.size() >= wanted;
  });
  EXPECT_TRUE(compare(read_truth(world.truth("tines")), all).perfect());
  drain(*run);
}

TEST(Trouble, SigintEndsItToo) {
  World world({.vendors = {"tines"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":1"});
  const auto run = world.start();
  until("it commits", 60s, [&] { return world.compare_with_topic("tines").kafka_has > 0; });
  run->signal(SIGINT);
  EXPECT_EQ(run->wait(30s), 0) << run->err();
}

// Its events would be lost without a word if the filter acted on something else than what is printed.
TEST(Trouble, AFilterThatDoesNotActIsNoticedAndNothingAdvances) {
  World world(
      {.vendors = {"tines", "workato"}, .like = "\"history\":300,\"history_span\":\"72h\",\"rate\":2"});
  const auto run = start_and_see_all_arrive(world);
  world.until_up_to_date();
  world.control("{\"vendor\":\"tines\",\"set\":{\"filter_ignored\":true}}");
  until_said(*run, "the filter does not act on the printed time");
  const std::string watermark = world.cursor("tines")["watermark"].as<std::string>();
  world.until_up_to_date({"workato"});
  EXPECT_EQ(world.cursor("tines")["watermark"].as<std::string>(), watermark);
  EXPECT_THAT(ask(*run, "GET", "/metrics").body,
              Not(HasSubstr("auditstream_rows_outside_total{source=\"acme-tines\",vendor=\"tines\"} 0\n")));
  EXPECT_THAT(ask(*run, "GET", "/metrics").body,
              HasSubstr("auditstream_rows_outside_total{source=\"acme-workato\",vendor=\"workato\"} 0\n"));
  world.control("{\"vendor\":\"tines\",\"set\":{\"filter_ignored\":false}}");
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

}  // namespace
}  // namespace auditstream::test
