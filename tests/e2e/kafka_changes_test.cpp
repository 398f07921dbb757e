// What an administrator, or Kafka by itself, does to topics and producers under a running instance: nothing is lost and
// nothing comes twice; where that can't be, it is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/served.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(KafkaChanges, MorePartitionsOfTheOffsetsTopicMoveNoSource) {
  Served world;
  world.config["kafka"]["topic.metadata.refresh.interval.ms"] =
      2000;  // when librdkafka notices; 5 min by default
  const auto run = world.start();
  world.until_up_to_date();
  add_partitions(world.bootstrap(), world.offsets_topic(), 12);
  world.until_up_to_date();
  until_said(*run, " code=partitions_added ");
  kill_at_once(*run);

  const Finished refused = world.auditstream({"run"});
  EXPECT_EQ(refused.status, exit_config);
  EXPECT_THAT(refused.err,
              HasSubstr("offsets.partitions: 8, but topic " + world.offsets_topic() + " has 12"));
  world.config["offsets"]["partitions"] = 12;
  const auto again = world.start();
  // Of these names only that of Tines belongs elsewhere now.
  until_said(*again, "run auditstream cursors move acme-tines");
  world.until_up_to_date({"workato"});
  const Finished moved = world.auditstream({"cursors", "move", World::source("tines"), "--yes"});
  EXPECT_EQ(moved.status, 0) << moved.out << moved.err;
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  drain(*again);
}

// Whoever has to open its partition again because of that finds no cursor: it stops, rather than to start over. The
// others go on. Which of them is a matter of timing.
TEST(KafkaChanges, AnOffsetsTopicThatIsMadeAgainPublishesNothingTwice) {
  Served world;
  const auto run = world.start();
  world.until_up_to_date();
  delete_topic(world.bootstrap(), world.offsets_topic());
  until("it is noticed", 90s, [&] {
    return run->err().find(" code=commit_failed ") != std::string::npos ||
           run->err().find(" code=kafka_unreachable ") != std::string::npos;
  });
  create_topic(world.bootstrap(), world.offsets_topic(), 8, {{"cleanup.policy", "compact"}});
  world.stop_production();
  for (const std::string& vendor : world.vendors()) {
    until(vendor + " has stopped or is complete", 90s, [&] {
      return World::times_said(*run, vendor, "source_stopped") > 0 ||
             world.compare_with_topic(vendor).perfect();
    });
    EXPECT_EQ(world.compare_with_topic(vendor).duplicated, 0u);
    if (World::times_said(*run, vendor, "source_stopped") > 0) world.until_state(*run, vendor, "FAILED");
  }
  drain(*run);
}

// The ids of what was published lately are in records of their own, which no later cursor repeats.
TEST(KafkaChanges, DeletedRecordsOfTheOffsetsTopicPublishNothingTwice) {
  // More within the overlap than the cursor's own record holds.
  Served world(
      {.vendors = {"tines", "workato"}, .like = "\"history\":200,\"history_span\":\"5m\",\"rate\":10"});
  const auto run = world.start();
  world.until_up_to_date();
  // Kafka deletes no records of a topic that is only compacted.
  alter_topic(world.bootstrap(), world.offsets_topic(), "cleanup.policy", "delete");
  for (int partition = 0; partition < 8; ++partition) {
    delete_records(world.bootstrap(), world.offsets_topic(), partition,
                   log_end(world.bootstrap(), world.offsets_topic(), partition));
  }
  alter_topic(world.bootstrap(), world.offsets_topic(), "cleanup.policy", "compact");
  world.until_up_to_date();
  kill_at_once(*run);
  const auto again = world.start();
  for (const std::string& vendor : world.vendors()) {
    until_said(*again, "the cursor of " + World::source(vendor) + " is incomplete: ");
    world.until_state(*again, vendor, "FAILED");
    EXPECT_EQ(world.compare_with_topic(vendor).duplicated, 0u);
  }
  // What the line asks for.
  const std::string command = "auditstream cursors set acme-tines --to ";
  const std::string to = again->err().substr(again->err().find(command) + command.size());
  EXPECT_EQ(
      world.auditstream({"cursors", "set", "acme-tines", "--to", to.substr(0, to.find(',')), "--yes"}).status,
      0);
  world.until_state(*again, "tines", "RUNNING");
  world.until_up_to_date({"tines"});
  drain(*again);
}

TEST(KafkaChanges, AnEventTopicThatIsMadeAgainIsFilledByVerify) {
  Served world;
  world.source_config("tines")["overlap"] = "1s";  // what is younger is not compared
  const auto run = world.start();
  world.until_up_to_date();
  delete_topic(world.bootstrap(), world.topic("tines"));
  until_said(*run, world.topic("tines"));
  world.until_up_to_date({"workato"});
  create_topic(world.bootstrap(), world.topic("tines"), 3, {{"retention.ms", "-1"}});
  until_said(*run, " source=acme-tines vendor=tines code=recovered ");
  until_said(*run, " code=log_truncated ");
  world.stop_production();
  until("all is there again", 90s, [&] {
    world.auditstream({"verify", World::source("tines"), "--from", "-7d", "--to", "-1s", "--repair", "--yes",
                       "--allow-cut"});
    return world.compare_with_topic("tines").perfect();
  });
  world.expect_exactly_once();
  drain(*run);
}

// A producer that has not written for long is forgotten: the next transaction is refused, and is done again.
TEST(KafkaChanges, ATransactionalIdThatExpiresWhileNothingHappensIsTakenAgain) {
  const Broker broker({"transactional.id.expiration.ms=3000",
                       "transaction.remove.expired.transaction.cleanup.interval.ms=500",
                       "producer.id.expiration.ms=3000", "producer.id.expiration.check.interval.ms=500"});
  Served world(
      {.vendors = {"tines", "workato"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":10"},
      broker.bootstrap());
  const auto run = world.start();
  world.until_up_to_date();
  for (int idle = 0; idle < 2; ++idle) {
    world.stop_production();
    world.expect_exactly_once();
    let_pass(8s);
    world.control("{\"production\":true}");
    world.until_up_to_date();
  }
  world.stop_production();
  world.expect_exactly_once();
  EXPECT_EQ(world.state(*run, "tines"), "RUNNING");
  drain(*run);
}

}  // namespace
}  // namespace auditstream::test
