// Three brokers that replicate everything: whichever of them goes and comes back, the same process lives on,
// nothing is lost and nothing comes twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/served.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;

constexpr int nodes[] = {1, 2, 3};

class ThreeBrokers : public testing::Test {
 protected:
  static void SetUpTestSuite() { brokers_ = std::make_unique<Brokers>(3); }
  static void TearDownTestSuite() { brokers_.reset(); }

  ThreeBrokers()
      : world_({.like = "\"history\":200,\"history_span\":\"72h\",\"rate\":5"}, brokers_->bootstrap()),
        run_(world_.start()) {
    world_.until_up_to_date();
  }

  // Events arrive while it is down.
  void kill_and_bring_back(int node) {
    brokers_->kill(node);
    world_.until_up_to_date();
    brokers_->start(node);
    brokers_->until_in_sync();
  }

  bool says_that_kafka_is_unreachable() const {
    return run_->err().find("code=kafka_unreachable") != std::string::npos;
  }

  void expect_that_it_has_lived_on() {
    world_.until_up_to_date();
    EXPECT_TRUE(run_->running()) << run_->err();
    world_.stop_production();
    world_.expect_exactly_once();
    drain(*run_);
  }

  static inline std::unique_ptr<Brokers> brokers_;
  World world_;
  const std::unique_ptr<Child> run_;
};

TEST_F(ThreeBrokers, AreKilledOneAfterTheOther) {
  for (const int node : nodes) kill_and_bring_back(node);
  EXPECT_FALSE(says_that_kafka_is_unreachable()) << run_->err();  // two of three are enough
  expect_that_it_has_lived_on();
}

TEST_F(ThreeBrokers, AreRestartedOneAfterTheOther) {
  for (const int node : nodes) {
    brokers_->stop(node);
    brokers_->start(node);
    brokers_->until_in_sync();
  }
  expect_that_it_has_lived_on();
}

TEST_F(ThreeBrokers, LoseTheCoordinatorOfTheGroup) {
  kill_and_bring_back(world_.keeper_of("__consumer_offsets", world_.config["group"].as<std::string>()));
  expect_that_it_has_lived_on();
}

TEST_F(ThreeBrokers, LoseTheCoordinatorOfATransaction) {
  // Part of each transactional.id.
  kill_and_bring_back(world_.keeper_of("__transaction_state", world_.offsets_topic()));
  expect_that_it_has_lived_on();
}

// What is committed needs two.
TEST_F(ThreeBrokers, AreOnlyOneForAWhile) {
  brokers_->kill(1);
  brokers_->kill(2);
  until("it says so", 60s, [&] { return says_that_kafka_is_unreachable(); });
  EXPECT_TRUE(run_->running()) << run_->err();
  brokers_->start(1);
  brokers_->start(2);
  brokers_->until_in_sync();
  expect_that_it_has_lived_on();
}

// A leader that lags takes over, because somebody has allowed that: Kafka loses what only the other one had.
TEST(UncleanElection, IsNamedAndWhatItLosesIsFilledByVerify) {
  Brokers brokers(3);
  Served world({.vendors = {"tines"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":10"},
               brokers.bootstrap());
  const std::string topic = world.topic("tines");
  create_topic(
      world.bootstrap(), topic, 1,
      {{"unclean.leader.election.enable", "true"}, {"min.insync.replicas", "1"}, {"retention.ms", "-1"}},
      {1, 2});
  world.source_config("tines")["overlap"] = "1s";  // what is younger is not compared
  // As soon as the broker that it asks knows the topic.
  until("check names it", 60s, [&] {
    return world.auditstream({"check"}).out.find("unclean.leader.election.enable") != std::string::npos;
  });
  const auto run = world.start();
  world.until_up_to_date();
  brokers.kill(2);
  until("1 is the only one in sync", 60s,
        [&] { return in_sync_replicas(world.bootstrap(), topic, 0) == std::set<int>{1}; });
  const std::int64_t both_had = log_end(world.bootstrap(), topic, 0);
  until("more is only on 1", 60s, [&] { return log_end(world.bootstrap(), topic, 0) > both_had + 20; });
  brokers.kill(1);
  brokers.start(2);
  until_said(*run, "code=log_truncated");
  EXPECT_THAT(run->err(), HasSubstr("partition 0 of topic " + topic + " was cut"));
  brokers.start(1);
  brokers.until_in_sync();
  world.stop_production();
  EXPECT_GT(world.compare_with_topic("tines").missing, 0u);
  until("all is there again", 90s, [&] {
    world.auditstream(
        {"verify", World::source("tines"), "--from", "-7d", "--to", "-1s", "--repair", "--yes"});
    return world.compare_with_topic("tines").missing == 0;
  });
  world.expect_exactly_once();
  world.until_state(*run, "tines", "RUNNING");
  drain(*run);
}

}  // namespace
}  // namespace auditstream::test
