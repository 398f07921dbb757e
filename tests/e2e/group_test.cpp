// Instances of one group that don't fit together, and who else may be in it: the later one refuses to start
// and names the difference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Tenants quiet() {
  return {.vendors = {"tines"}, .like = "\"history\":60,\"history_span\":\"72h\",\"rate\":2"};
}

// Instances are members of their own, and each of them is seen by the others.
struct Group : World {
  Group() : World(quiet()) { config["kafka"].remove("group.instance.id"); }

  // The running instance has told what its config is.
  void until_marked() {
    until("an instance has opened a partition", 60s, [&] {
      for (const Record& record : read_topic(bootstrap(), offsets_topic())) {
        if (record.key == "__owner") return true;
      }
      return false;
    });
  }
  Finished run_and_check_agree() {
    const Finished check = auditstream({"check"});
    Finished run = auditstream({"run"});
    EXPECT_EQ(check.status, run.status) << check.out << run.err;
    EXPECT_THAT(run.err, HasSubstr("code=group_misconfigured"));
    return run;
  }
};

TEST(Group, AnotherConfigIsRefusedWhileAnInstanceRuns) {
  Group world;
  const auto run = world.start();
  world.until_marked();
  const YAML::Node config = YAML::Clone(world.config);

  world.config["topics"]["partitions"] = 3;
  Finished refused = world.run_and_check_agree();
  EXPECT_EQ(refused.status, exit_config) << refused.err;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("topics.partitions: 3 here, 2 there"),
                                 HasSubstr("-" + std::to_string(run->pid()) + " of the group"),
                                 HasSubstr("stop all instances")));

  world.config = YAML::Clone(config);
  const std::string events = config["topics"]["events"].as<std::string>();
  world.config["topics"]["events"] = "other-" + events;
  refused = world.run_and_check_agree();
  EXPECT_EQ(refused.status, exit_config) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("topics.events: other-" + events + " here, " + events + " there"));

  world.config = YAML::Clone(config);
  world.config["offsets"]["partitions"] = 4;
  refused = world.auditstream({"run"});
  EXPECT_EQ(refused.status, exit_config) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("offsets.partitions"));

  world.config = YAML::Clone(config);
  world.config["offsets"]["topic"] = "other-" + world.offsets_topic();
  refused = world.run_and_check_agree();
  EXPECT_EQ(refused.status, exit_config) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("offsets.topic: other-" + world.offsets_topic() + " here, " +
                                     world.offsets_topic() + " there"));

  world.config = config;
  const auto second = world.start();
  until("one with the same config starts", 60s,
        [&] { return second->err().find("code=started") != std::string::npos; });
  drain(*second);
  drain(*run);
}

// The way to change what all must agree on; a member that was killed is in the group for a while longer.
TEST(Group, AnotherConfigIsTakenOnceAllInstancesHaveEnded) {
  Group world;
  auto run = world.start();
  world.until_marked();
  kill_at_once(*run);
  world.config["topics"]["partitions"] = 3;
  run = world.start();
  until("it starts", 60s, [&] {
    if (!run->running()) throw std::runtime_error(run->err());
    return run->err().find("code=started") != std::string::npos;
  });
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

TEST(Group, OfAForeignConsumerIsRefused) {
  Group world;
  auto run = world.start();
  world.expect_exactly_once();
  drain(*run);
  const std::string events = world.topic("tines");
  const Child foreign({"kcat", "-b", world.bootstrap(), "-X", "client.id=billing", "-G",
                       world.config["group"].as<std::string>(), events});
  until("it is in the group", 60s, [&] { return foreign.err().find("rebalanced") != std::string::npos; });
  const Finished refused = world.run_and_check_agree();
  EXPECT_EQ(refused.status, exit_config) << refused.err;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("consumer of topic " + events), HasSubstr("client.id billing"),
                                 HasSubstr("choose another group")));
}

TEST(Group, TheOlderOfTwoWithOneInstanceIdWaitsForTheEndOfTheOther) {
  World world(quiet());  // its instances all have one id
  const auto older = world.start();
  world.until_up_to_date();
  auto newer = world.start();
  const auto complaints = [&] {
    const std::vector<std::string> lines = lines_of(older->err());
    return std::ranges::count_if(lines, [](const std::string& line) {
      return line.find("kafka.group.instance.id, \"one\"") != std::string::npos &&
             line.find("${env:HOSTNAME}") != std::string::npos;
    });
  };
  until("the older one says why it stops", 60s, [&] { return complaints() == 1; });
  world.until_up_to_date();
  drain(*newer);
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  EXPECT_EQ(complaints(), 1);
  drain(*older);
}

}  // namespace
}  // namespace auditstream::test
