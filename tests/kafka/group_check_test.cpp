// Who may join a group: the comparison by itself, and what a real broker tells of its groups.
#include "kafka/group_check.h"

#include <gmock/gmock.h>

#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/kafka/handles.h"
#include "support/kafka/topics.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using kafka::check_group;
using kafka::dead_member_patience;
using kafka::group_mistake;
using kafka::GroupMember;
using kafka::GroupVerdict;
using kafka::GroupView;
using kafka::look_at_group;
using kafka::subscribed_topics;
using kafka::terms_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;

config::Config given_config() {
  config::Config config;
  config.group = "g";
  config.offsets.topic = "offsets";
  return config;
}

GroupMember member(const std::string& client_id, const std::set<std::string>& topics) {
  return {client_id + "-2f1c", client_id, "/10.0.0.7", topics};
}
GroupMember instance(const std::string& name) { return member("auditstream-" + name, {"offsets"}); }
GroupView of(std::vector<GroupMember> members) { return {"consumer", std::move(members)}; }

// The offsets topic after the instance has opened its third partition.
core::OffsetsView opened_by(const std::string& name, const config::Config& config) {
  core::OffsetsView view;
  view.apply(2, core::owner_key, core::encode_owner({name, "n", Time{}, terms_of(config)}));
  return view;
}

TEST(GroupMistake, NobodyOrThoseWithTheSameConfigMayBeThere) {
  EXPECT_EQ(group_mistake(given_config(), {}, {}), std::nullopt);
  EXPECT_EQ(group_mistake(given_config(), of({instance("a"), instance("b")}), opened_by("a", given_config())),
            std::nullopt);
}

TEST(GroupMistake, EachDifferenceIsNamedWithBothValuesAndTheInstance) {
  config::Config theirs = given_config();
  theirs.topics.events = "log.{vendor}";
  theirs.topics.dead_letters = "dead.{vendor}";
  theirs.topics.partitions = 4;
  theirs.offsets.partitions = 24;
  EXPECT_THAT(group_mistake(given_config(), of({instance("a")}), opened_by("a", theirs)),
              Optional(AllOf(HasSubstr("topics.events: audit.{vendor} here, log.{vendor} there"),
                             HasSubstr("topics.dead_letters: audit.{vendor}.dlq here, dead.{vendor} there"),
                             HasSubstr("topics.partitions: 6 here, 4 there"),
                             HasSubstr("offsets.partitions: 12 here, 24 there"),
                             HasSubstr("instance a of the group \"g\""), HasSubstr("/10.0.0.7"),
                             HasSubstr("stop all instances"))));
  theirs = given_config();
  theirs.topics.partitions = 4;
  EXPECT_THAT(group_mistake(given_config(), of({instance("a")}), opened_by("a", theirs)),
              Optional(Not(HasSubstr("topics.events"))));
}

TEST(GroupMistake, WhatTheDeadHadInTheirConfigHindersNobody) {
  config::Config theirs = given_config();
  theirs.topics.partitions = 4;
  EXPECT_EQ(group_mistake(given_config(), of({instance("b")}), opened_by("a", theirs)), std::nullopt);
}

TEST(GroupMistake, AnOwnerThatTellsNothingOrNonsenseHindersNobody) {
  for (const char* told : {R"({"instance":"a"})", R"({"instance":"a","config":7})", "no JSON", ""}) {
    core::OffsetsView view;
    view.apply(0, core::owner_key, told);
    EXPECT_EQ(group_mistake(given_config(), of({instance("a")}), view), std::nullopt) << told;
  }
}

TEST(GroupMistake, ForeignConsumersAreNamedWithTheirTopic) {
  EXPECT_THAT(group_mistake(given_config(), of({member("rdkafka", {"orders"})}), {}),
              Optional(AllOf(HasSubstr("group: \"g\""), HasSubstr("topic orders"),
                             HasSubstr("client.id rdkafka at /10.0.0.7"), HasSubstr("another group"))));
  // In the middle of a rebalance nobody has partitions.
  EXPECT_THAT(group_mistake(given_config(), of({member("rdkafka", {})}), {}),
              Optional(AllOf(HasSubstr("no auditstream"), HasSubstr("another group"))));
}

TEST(GroupMistake, GroupsOfAnotherKindAreNamed) {
  EXPECT_THAT(group_mistake(given_config(), {"connect", {member("worker", {})}}, {}),
              Optional(AllOf(HasSubstr("a group of type connect"), HasSubstr("client.id worker"))));
}

TEST(GroupMistake, AnInstanceWithAnotherOffsetsTopicIsToldBothNames) {
  GroupMember other = instance("a");
  other.topics = {"other-offsets"};
  EXPECT_THAT(group_mistake(given_config(), of({other}), {}),
              Optional(AllOf(HasSubstr("offsets.topic: offsets here, other-offsets there"),
                             HasSubstr("instance a"), HasSubstr("another group"))));
}

TEST(GroupMistake, WhoeverHasOurInstanceIdMakesRoom) {
  config::Config ours = given_config();
  ours.kafka["group.instance.id"] = "one";
  config::Config theirs = given_config();
  theirs.topics.partitions = 4;
  GroupMember predecessor = instance("a");
  predecessor.member_id = "one-2f1c";
  EXPECT_EQ(group_mistake(ours, of({predecessor}), opened_by("a", theirs)), std::nullopt);
  predecessor.member_id = "one_more-2f1c";
  EXPECT_NE(group_mistake(ours, of({predecessor}), opened_by("a", theirs)), std::nullopt);
}

TEST(GroupMistake, AnInstanceIdIsNoClientId) {
  EXPECT_TRUE((GroupMember{"auditstream-2f1c", "rdkafka", "", {}}.has_instance_id("auditstream")));
  EXPECT_FALSE(instance("a").has_instance_id("auditstream"));
  EXPECT_FALSE(instance("a").has_instance_id(""));
}

TEST(SubscribedTopics, AreReadFromTheConsumerProtocol) {
  using namespace std::string_view_literals;
  const std::string_view two = "\0\1\0\0\0\2\0\3one\0\3two\0\0\0\0"sv;
  EXPECT_THAT(subscribed_topics(two), ElementsAre("one", "two"));
  // Cut anywhere it names what is whole.
  for (std::size_t size = 0; size < two.size(); ++size)
    EXPECT_EQ(subscribed_topics(two.substr(0, size)).size(), size < 11 ? 0u : size < 16 ? 1u : 2u) << size;
}

TEST(SubscribedTopics, NonsenseHasNone) {
  using namespace std::string_view_literals;
  for (const std::string_view metadata :
       {"\0\0\xff\xff\xff\xff"sv, "\0\0\x7f\xff\xff\xff"sv, "\0\0\0\0\0\1\xff\xffx"sv, "nonsense"sv})
    EXPECT_THAT(subscribed_topics(metadata), IsEmpty());
}

TEST(GroupMistake, TheDeadAreWaitedForAsLongAsASession) {
  config::Config config = given_config();
  EXPECT_EQ(dead_member_patience(config), 8s);
  config.kafka["session.timeout.ms"] = "45000";
  EXPECT_EQ(dead_member_patience(config), 47s);
}

// Another program's consumer, as a member of a group.
class ForeignConsumer {
 public:
  ForeignConsumer(const std::string& group, const std::string& topic, const std::string& client_id)
      : handle_(make_handle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", Broker::shared()},
                                                {"group.id", group},
                                                {"client.id", client_id},
                                                {"session.timeout.ms", "6000"},
                                                {"log_level", "2"}})) {
    rd_kafka_poll_set_consumer(handle_.get());
    const Partitions topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(handle_.get(), topics.get());
    until("the consumer has partitions", 30s, [&] {
      const Message message(rd_kafka_consumer_poll(handle_.get(), 50));
      rd_kafka_topic_partition_list_t* assigned = nullptr;
      if (rd_kafka_assignment(handle_.get(), &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
      return Partitions(assigned)->cnt > 0;
    });
  }
  ~ForeignConsumer() { rd_kafka_consumer_close(handle_.get()); }

 private:
  const Handle handle_;
};

class Group : public testing::Test {
 protected:
  Group() {
    config.kafka["bootstrap.servers"] = Broker::shared();
    config.group = name + "-group";
    config.offsets.topic = name + "-offsets";
    create_topic(Broker::shared(), name, 2);
    create_topic(Broker::shared(), config.offsets.topic, 2, {{"cleanup.policy", "compact"}});
  }
  kafka::Connection connection() const { return {config.kafka, "kafka-tests"}; }

  const std::string name = name_of_this_test();
  config::Config config;
};

TEST_F(Group, ThatNobodyHasEverJoinedIsFree) {
  const Result<GroupView> group = look_at_group(connection(), config.group, 30s);
  ASSERT_TRUE(group.ok()) << group.error().message;
  EXPECT_THAT(group->members, IsEmpty());
  const GroupVerdict verdict = check_group(connection(), config, {}, 0s);
  EXPECT_EQ(verdict.mistake, std::nullopt);
  EXPECT_EQ(verdict.warning, std::nullopt);
}

TEST_F(Group, OfAForeignConsumerIsRefusedUntilThatHasLeft) {
  {
    const ForeignConsumer foreign(config.group, name, "billing");
    EXPECT_THAT(
        check_group(connection(), config, {}, 0s).mistake,
        Optional(AllOf(HasSubstr("topic " + name + " "), HasSubstr("client.id billing at /127.0.0.1"))));
  }
  EXPECT_EQ(check_group(connection(), config, {}, 10s).mistake, std::nullopt);
}

TEST_F(Group, OfAnInstanceWithAnotherOffsetsTopicIsRefused) {
  const ForeignConsumer foreign(config.group, name, kafka::client_id_of("a"));
  EXPECT_THAT(check_group(connection(), config, {}, 0s).mistake,
              Optional(HasSubstr("offsets.topic: " + config.offsets.topic + " here, " + name + " there")));
}

TEST_F(Group, OfAnInstanceIsComparedByWhatItHasMarked) {
  const ForeignConsumer other(config.group, config.offsets.topic, kafka::client_id_of("a"));
  config::Config theirs = config;
  theirs.topics.events = "elsewhere";
  EXPECT_THAT(check_group(connection(), config, opened_by("a", theirs), 0s).mistake,
              Optional(HasSubstr("topics.events")));
  EXPECT_EQ(check_group(connection(), config, opened_by("a", config), 0s).mistake, std::nullopt);
}

TEST(GroupUnreachable, IsAWarning) {
  config::Config config = given_config();
  config.kafka["bootstrap.servers"] = "127.0.0.1:9";
  const GroupVerdict verdict = check_group({config.kafka, "kafka-tests"}, config, {}, 0s);
  EXPECT_EQ(verdict.mistake, std::nullopt);
  EXPECT_THAT(verdict.warning, Optional(HasSubstr("the group g can't be looked at")));
}

}  // namespace
}  // namespace auditstream::test
