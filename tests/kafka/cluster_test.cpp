// Cluster: topics made, checked and refused on a real broker.
#include "kafka/cluster.h"

#include <gmock/gmock.h>

#include "core/envelope.h"
#include "kafka/detour.h"
#include "kafka/lost_cursors.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/kafka/topics.h"
#include "vendor_apis/registry.h"

namespace auditstream::test {
namespace {

using kafka::Cluster;
using kafka::ClusterFacts;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

// A config of one source whose topics do not exist yet.
class Preparation : public testing::Test {
 protected:
  explicit Preparation(std::string bootstrap = Broker::shared())
      : bootstrap_(std::move(bootstrap)), name_(name_of_this_test()) {
    auto source = std::make_shared<Source>();
    source->name = "acme";
    source->vendor = "tines";
    source->api = vendor_apis::find_vendor("tines");
    source->topic = events();
    source->dead_letter_topic = dead_letters();
    source_ = source;
    config_.sources.push_back(source);
    config_.offsets.topic = offsets();
    config_.offsets.partitions = 3;
    config_.topics.partitions = 4;
  }

  std::string events() const { return name_; }
  std::string dead_letters() const { return name_ + ".dlq"; }
  std::string offsets() const { return name_ + "-offsets"; }

  Result<ClusterFacts> try_prepare(bool may_create = true) const {
    return cluster().prepare(config_, may_create);
  }
  ClusterFacts prepare() const {
    auto end = try_prepare();
    if (!end.ok()) throw std::runtime_error(end.error().message);
    return *std::move(end);
  }
  Error problem() const {
    auto end = try_prepare();
    if (end.ok()) throw std::runtime_error("no problem");
    return end.error();
  }

  kafka::JournalSettings settings() const {
    kafka::JournalSettings settings;
    settings.connection = {{{"bootstrap.servers", bootstrap_}}, "kafka-tests"};
    settings.group = name_;
    settings.offsets_topic = offsets();
    settings.instance = "tester";
    settings.topics = [this] { return kafka::WritableTopics{.names = {events(), dead_letters()}}; };
    settings.now = wall_clock;
    return settings;
  }
  Cluster cluster() const { return Cluster({{{"bootstrap.servers", bootstrap_}}, "kafka-tests"}); }
  std::string property(const std::string& topic, const std::string& name) const {
    return topic_property(bootstrap_, topic, name);
  }
  int partitions(const std::string& topic) const { return partition_count(bootstrap_, topic); }

  const std::string bootstrap_;
  const std::string name_;
  std::shared_ptr<Source> source_;
  config::Config config_;
};

TEST_F(Preparation, MakesTheTopics) {
  const ClusterFacts facts = prepare();
  EXPECT_THAT(facts.warnings, IsEmpty());
  EXPECT_EQ(partitions(offsets()), 3);
  EXPECT_EQ(property(offsets(), "cleanup.policy"), "compact");
  EXPECT_EQ(property(offsets(), "segment.bytes"), "67108864");
  EXPECT_EQ(property(offsets(), "segment.ms"), "3600000");
  EXPECT_EQ(property(offsets(), "min.cleanable.dirty.ratio"), "0.1");
  EXPECT_EQ(property(offsets(), "delete.retention.ms"), "3600000");
  EXPECT_EQ(property(offsets(), "unclean.leader.election.enable"), "false");
  EXPECT_EQ(partitions(events()), 4);
  EXPECT_EQ(property(events(), "cleanup.policy"), "delete");
  EXPECT_EQ(property(events(), "retention.ms"), "-1");
  EXPECT_EQ(partitions(dead_letters()), 4);
  EXPECT_EQ(property(dead_letters(), "retention.ms"), "-1");
  EXPECT_EQ(property(dead_letters(), "max.message.bytes"),
            std::to_string(core::dead_letter_record_bytes_max));
}

TEST_F(Preparation, IsTheSameTheSecondTime) {
  prepare();
  const ClusterFacts facts = prepare();
  EXPECT_THAT(facts.warnings, IsEmpty());
  EXPECT_EQ(partitions(offsets()), 3);
}

TEST_F(Preparation, TakesTheConfigsTopicProperties) {
  config_.topics.config = {{"retention.ms", "3600000"}, {"max.message.bytes", "123456"}};
  const ClusterFacts facts = prepare();
  EXPECT_EQ(property(events(), "retention.ms"), "3600000");
  EXPECT_EQ(facts.record_bytes_max.at(events()), 123456u);
  EXPECT_EQ(property(dead_letters(), "max.message.bytes"),
            std::to_string(core::dead_letter_record_bytes_max));
}

TEST_F(Preparation, MeasuresWhatATopicTakes) {
  create_topic(bootstrap_, events(), 4, {{"max.message.bytes", "2000"}});
  EXPECT_THAT(prepare().record_bytes_max,
              ElementsAre(Pair(events(), 2000), Pair(dead_letters(), core::dead_letter_record_bytes_max)));
}

TEST_F(Preparation, OnlyLooksWhereItMayNotCreate) {
  const auto end = try_prepare(false);
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(partitions(offsets()), 0);
  EXPECT_EQ(partitions(events()), 0);
}

TEST_F(Preparation, ToleratesOtherPartitionCountsOfEventTopics) {
  create_topic(bootstrap_, events(), 1, {{"retention.ms", "-1"}});
  prepare();
  EXPECT_EQ(partitions(events()), 1);
}

TEST_F(Preparation, RefusesAnOffsetsTopicThatForgets) {
  for (const char* policy : {"delete", "compact,delete"}) {
    config_.offsets.topic = offsets() + "-" + (policy[0] == 'd' ? "delete" : "both");
    create_topic(bootstrap_, config_.offsets.topic, 3, {{"cleanup.policy", policy}});
    const Error problem = this->problem();
    EXPECT_EQ(problem.kind, ErrorKind::misconfigured);
    EXPECT_THAT(problem.message, AllOf(HasSubstr("offsets.topic"), HasSubstr(config_.offsets.topic),
                                       HasSubstr(std::string("cleanup.policy=") + policy),
                                       HasSubstr("--add-config cleanup.policy=compact")));
  }
}

TEST_F(Preparation, RefusesAnOffsetsTopicOfAnotherPartitionCount) {
  create_topic(bootstrap_, offsets(), 5, {{"cleanup.policy", "compact"}});
  const Error problem = this->problem();
  EXPECT_EQ(problem.kind, ErrorKind::misconfigured);
  EXPECT_THAT(problem.message,
              AllOf(HasSubstr("offsets.partitions: 3"), HasSubstr(offsets()), HasSubstr("has 5 partitions"),
                    HasSubstr("set offsets.partitions to 5")));
}

TEST_F(Preparation, WarnsOfARetentionThatIsShorterThanTheBackfill) {
  create_topic(bootstrap_, events(), 4, {{"retention.ms", "604800000"}});
  source_->backfill_start_time = wall_clock() - 30 * 24h;
  EXPECT_THAT(prepare().warnings, ElementsAre(AllOf(HasSubstr(events()), HasSubstr("7 d"), HasSubstr("acme"),
                                                    HasSubstr("retention.ms"))));
}

TEST_F(Preparation, DoesNotWarnOfARetentionThatKeepsTheBackfill) {
  create_topic(bootstrap_, events(), 4, {{"retention.ms", "604800000"}});
  source_->backfill_start_time = wall_clock() - 6 * 24h;
  EXPECT_THAT(prepare().warnings, IsEmpty());
}

TEST_F(Preparation, WarnsOfATopicThatRefusesTheBackfillsAge) {
  create_topic(bootstrap_, events(), 4,
               {{"retention.ms", "-1"}, {"message.timestamp.before.max.ms", "604800000"}});
  source_->backfill_start_time = wall_clock() - 30 * 24h;
  const std::string unlimited = "message.timestamp.before.max.ms=9223372036854775807";
  EXPECT_THAT(prepare().warnings,
              ElementsAre(AllOf(HasSubstr("7 d"), HasSubstr("acme"),
                                HasSubstr("--topic " + events() + " --add-config " + unlimited))));
  source_->backfill_start_time = wall_clock() - 6 * 24h;
  EXPECT_THAT(prepare().warnings, IsEmpty());
}

TEST_F(Preparation, LiftsTheAgeLimitOfAClusterForTheTopicsThatItMakes) {
  const Broker broker({"log.message.timestamp.before.max.ms=3600000"});
  const auto prepared =
      Cluster({{{"bootstrap.servers", broker.bootstrap()}}, "kafka-tests"}).prepare(config_, true);
  ASSERT_TRUE(prepared.ok());
  EXPECT_THAT(prepared->warnings, IsEmpty());
  for (const std::string& topic : {events(), dead_letters()})
    EXPECT_EQ(topic_property(broker.bootstrap(), topic, "message.timestamp.before.max.ms"),
              "9223372036854775807");
}

TEST_F(Preparation, WarnsOfATopicThatKeepsOnlyTheLastEventOfAKey) {
  create_topic(bootstrap_, events(), 4, {{"cleanup.policy", "compact,delete"}, {"retention.ms", "-1"}});
  EXPECT_THAT(prepare().warnings, IsEmpty()) << "each id is a key of its own";
  auto second = std::make_shared<Source>(*source_);
  second->name = "second";
  config_.sources.push_back(second);
  EXPECT_THAT(prepare().warnings, ElementsAre(AllOf(HasSubstr("acme, second"), HasSubstr("may share"))));
}

TEST_F(Preparation, RefusesACompactedTopicWhoseKeyIsNoEventsOwn) {
  create_topic(bootstrap_, events(), 4, {{"cleanup.policy", "compact,delete"}, {"retention.ms", "-1"}});
  for (const char* key : {"actor", "source", "/user/id"}) {
    source_->key = key;
    const Error problem = this->problem();
    EXPECT_EQ(problem.kind, ErrorKind::misconfigured);
    EXPECT_THAT(problem.message,
                AllOf(HasSubstr(events()), HasSubstr("cleanup.policy=compact,delete"),
                      HasSubstr("source acme"), HasSubstr(std::string("key: ") + key),
                      HasSubstr("set key: id"), HasSubstr("--add-config cleanup.policy=delete")));
  }
  source_->enabled = false;
  EXPECT_TRUE(try_prepare().ok()) << "nothing is published";
}

TEST_F(Preparation, MakesNoCompactedTopicForSuchAKey) {
  config_.topics.config = {{"cleanup.policy", "compact"}};
  source_->key = "actor";
  EXPECT_THAT(problem().message, HasSubstr(events() + " has cleanup.policy=compact"));
  EXPECT_EQ(partitions(events()), 0);
  source_->key = "id";
  prepare();
  EXPECT_EQ(property(events(), "cleanup.policy"), "compact");
}

TEST_F(Preparation, FindsTheEventsOfASourceWhoseCursorHasGone) {
  PatientJournal journal(settings());
  ASSERT_THAT(prepare().warnings, IsEmpty());
  source_->backfill_start_time = wall_clock() - 24h;
  auto second = std::make_shared<Source>(*source_);
  second->name = "second";
  config_.sources.push_back(second);
  const auto gone = [this] {
    return kafka::lost_cursors({{{"bootstrap.servers", bootstrap_}}, "kafka-tests"}, config_,
                               core::OffsetsView::of(cluster().read_offsets(offsets(), 30s).value()))
        .gone;
  };
  EXPECT_THAT(gone(), IsEmpty()) << "there is nothing yet";
  journal.open();
  const auto commit = [&](std::vector<Event> events, const std::optional<std::string>& cursor) {
    core::Unit unit;
    unit.source = source_;
    unit.now = wall_clock();
    unit.events = std::move(events);
    unit.records.push_back({"acme", cursor});
    core::Batch batch;
    batch.add(std::move(unit));
    ASSERT_EQ(journal.commit(std::move(batch)).outcome, core::Outcome::committed);
  };
  commit({event_of("a")}, "{}");
  EXPECT_THAT(gone(), IsEmpty()) << "it has its cursor, and the other one has no events";

  commit({}, std::nullopt);
  EXPECT_THAT(gone(),
              ElementsAre(AllOf(HasSubstr("source acme has no cursor in " + offsets()), HasSubstr(events()),
                                HasSubstr("will be published again"), HasSubstr("backfill_start_time: 20"))));
  source_->backfill_start_time.reset();
  EXPECT_THAT(gone(), ElementsAre(HasSubstr("will be missing")));
  source_->enabled = false;
  EXPECT_THAT(gone(), ElementsAre(HasSubstr("there is no cursor in " + offsets())))
      << "what else is there is nobody's that is known";
  delete_topic(bootstrap_, offsets());
  source_->enabled = true;
  EXPECT_THAT(gone(), ElementsAre(HasSubstr("source acme has no cursor")));
}

TEST_F(Preparation, SaysWhichTopicCanNotBeReplicatedSoOften) {
  config_.topics.replication_factor = 5;
  const Error problem = this->problem();
  EXPECT_EQ(problem.kind, ErrorKind::misconfigured);
  EXPECT_THAT(problem.message, AllOf(HasSubstr("topic " + name_), HasSubstr("eplication factor"),
                                     HasSubstr("topics.replication_factor")));
}

TEST_F(Preparation, SaysWhichPropertyOfTheOffsetsTopicIsWrong) {
  config_.offsets.replication_factor = 5;
  const Error problem = this->problem();
  EXPECT_EQ(problem.kind, ErrorKind::misconfigured);
  EXPECT_THAT(problem.message, AllOf(HasSubstr("topic " + offsets()), HasSubstr("eplication factor"),
                                     HasSubstr("offsets.replication_factor")));
}

TEST_F(Preparation, SaysWhatKafkaDoesNotTakeAsATopicProperty) {
  config_.topics.config["retention.mss"] = "-1";
  const Error problem = this->problem();
  EXPECT_EQ(problem.kind, ErrorKind::misconfigured);
  EXPECT_THAT(problem.message,
              AllOf(HasSubstr(events()), HasSubstr("retention.mss"), HasSubstr("topics.config")));
}

TEST_F(Preparation, GivesTheOffsetsTopicWhatTheConfigSays) {
  config_.offsets.config = {{"segment.ms", "600000"}, {"min.insync.replicas", "1"}};
  EXPECT_THAT(prepare().warnings, IsEmpty());
  EXPECT_EQ(property(offsets(), "segment.ms"), "600000");
  EXPECT_EQ(property(offsets(), "min.insync.replicas"), "1");
  EXPECT_EQ(property(offsets(), "cleanup.policy"), "compact");
  EXPECT_EQ(property(offsets(), "segment.bytes"), "67108864");
}

// Services that take only some properties at a topic's creation.
class SparingKafka : public Preparation {
 protected:
  explicit SparingKafka(const std::string& takes)
      : SparingKafka(
            std::make_unique<Broker>(std::vector<std::string>{"create.topic.policy.class.name=SparingPolicy",
                                                              "sparing.policy.takes=" + takes},
                                     "SparingPolicy")) {}
  std::string all_warnings() const {
    std::string all;
    for (const std::string& warning : prepare().warnings) all += warning + "\n";
    return all;
  }

 private:
  explicit SparingKafka(std::unique_ptr<Broker> broker)
      : Preparation(broker->bootstrap()), broker_(std::move(broker)) {}
  std::unique_ptr<Broker> broker_;
};

// Amazon MSK Developer Guide, "Configuration properties for MSK Serverless".
struct MskServerless : SparingKafka {
  MskServerless()
      : SparingKafka(
            "cleanup.policy,compression.type,max.message.bytes,message.timestamp.type,"
            "message.timestamp.before.max.ms,message.timestamp.after.max.ms,retention.bytes,retention.ms") {}
};

TEST_F(MskServerless, GetsTopicsWithoutWhatItRefusesAndAWarningNamesThat) {
  const auto tried = try_prepare(false);
  ASSERT_TRUE(tried.ok()) << tried.error().message;
  EXPECT_THAT(tried->warnings,
              ElementsAre(AllOf(HasSubstr("can be made only without"), HasSubstr("segment.ms=3600000"))));
  EXPECT_EQ(partitions(offsets()), 0);
  EXPECT_THAT(all_warnings(),
              AllOf(HasSubstr("topic " + offsets() +
                              " is made without delete.retention.ms=3600000, "
                              "min.cleanable.dirty.ratio=0.1, segment.bytes=67108864, "
                              "segment.ms=3600000, unclean.leader.election.enable=false"),
                    HasSubstr("is not supported here"), Not(HasSubstr("topic " + events() + " is"))));
  EXPECT_EQ(property(offsets(), "cleanup.policy"), "compact");
  EXPECT_EQ(property(offsets(), "message.timestamp.type"), "LogAppendTime");
  EXPECT_EQ(property(events(), "retention.ms"), "-1");
  EXPECT_EQ(property(dead_letters(), "max.message.bytes"),
            std::to_string(core::dead_letter_record_bytes_max));
  EXPECT_EQ(all_warnings(), "");
}

struct KafkaThatTakesTheLeast : SparingKafka {
  KafkaThatTakesTheLeast() : SparingKafka("cleanup.policy") {}
};

TEST_F(KafkaThatTakesTheLeast, IsToldWhatTheConfigAsksForAndHowToMakeItByHand) {
  const Error problem = this->problem();
  EXPECT_EQ(problem.kind, ErrorKind::misconfigured);
  EXPECT_THAT(problem.message,
              HasSubstr("topic " + events() +
                        " can't be created: The property retention.ms is not supported here; change "
                        "topics.partitions, topics.replication_factor or topics.config, or make it by hand: "
                        "kafka-topics.sh --create --topic " +
                        events() + " --partitions 4 --config retention.ms=-1"));
  EXPECT_THAT(problem.message, AllOf(HasSubstr("topic " + dead_letters() + " can't be created"),
                                     HasSubstr("\ntopic " + offsets() + " is made without")));
  // The person takes that out.
  config_.topics.config.clear();
  EXPECT_THAT(all_warnings(), HasSubstr("topic " + dead_letters() + " is made without max.message.bytes="));
  EXPECT_EQ(property(offsets(), "cleanup.policy"), "compact");
}

struct KafkaThatTakesNothing : SparingKafka {
  KafkaThatTakesNothing() : SparingKafka("nothing") {}
};

TEST_F(KafkaThatTakesNothing, IsToldHowToMakeTheOffsetsTopicByHand) {
  config_.topics.config.clear();
  EXPECT_THAT(problem().message, HasSubstr("make it by hand: kafka-topics.sh --create --topic " + offsets() +
                                           " --partitions 3 --config cleanup.policy=compact"));
}

TEST(ClusterReach, UnreachableBrokerIsNamedAndIsNoMistake) {
  const Cluster cluster({{{"bootstrap.servers", "127.0.0.1:1"}}, "kafka-tests"});
  config::Config config;
  const auto end = cluster.prepare(config, true);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(end.error().message, HasSubstr("127.0.0.1:1"));
  const Status reached = cluster.reach(1s);
  ASSERT_FALSE(reached.ok());
  EXPECT_THAT(reached.error().message, HasSubstr("127.0.0.1:1"));
}

TEST(ClusterReach, AProxyWhoseBrokersAreAwayIsNoMistake) {
  const Detour proxy;
  for (const char* protocol : {"plaintext", "ssl"}) {
    const Cluster cluster(
        {{{"bootstrap.servers", proxy.address()}, {"security.protocol", protocol}}, "kafka-tests"});
    const Status reached = cluster.reach(3s);
    ASSERT_FALSE(reached.ok());
    EXPECT_EQ(reached.error().kind, ErrorKind::unavailable) << reached.error().message;
  }
}

TEST(ClusterReach, AListenerOfAnotherProtocolIsAMistake) {
  const Cluster cluster(
      {{{"bootstrap.servers", Broker::shared()}, {"security.protocol", "ssl"}}, "kafka-tests"});
  const Status reached = cluster.reach(3s);
  ASSERT_FALSE(reached.ok());
  EXPECT_EQ(reached.error().kind, ErrorKind::uncertain) << reached.error().message;
}

TEST(ClusterReach, ReachableBrokerIsReached) {
  const Cluster cluster({{{"bootstrap.servers", Broker::shared()}}, "kafka-tests"});
  const Status reached = cluster.reach(10s);
  EXPECT_TRUE(reached.ok()) << (reached.ok() ? "" : reached.error().message);
}

TEST(ClusterOffsets, AreTheLiveRecordsOfEachPartition) {
  const Place place(Broker::shared());
  PatientJournal zero(place.settings(0));
  zero.open();
  PatientJournal one(place.settings(1));
  one.open();
  zero.commit(place.batch({"a"}, "1"));
  zero.commit(place.batch({"b"}, "2"));
  one.commit(place.batch({"c"}, "other partition"));
  core::Unit removal;
  removal.records.push_back({"acme", std::nullopt});
  removal.records.push_back({"second", "1"});
  one.commit(place.batch_of(std::move(removal)));

  const Cluster cluster(place.settings().connection);
  const Result<std::vector<core::RecordMap>> offsets = cluster.read_offsets(place.offsets(), 30s);
  ASSERT_TRUE(offsets.ok()) << offsets.error().message;
  ASSERT_EQ(offsets->size(), 2u);
  EXPECT_THAT(cursors_in(offsets->at(0)), ElementsAre(Pair("acme", "2")));
  EXPECT_THAT(cursors_in(offsets->at(1)), ElementsAre(Pair("second", "1")));
  EXPECT_THAT(offsets->at(0), Contains(Pair("__owner", HasSubstr("tester"))));

  // To look fences nobody.
  EXPECT_EQ(zero.commit(place.batch({"d"}, "3")).outcome, core::Outcome::committed);
}

TEST(ClusterOffsets, OfAnAbsentTopicAreNone) {
  const Cluster cluster({{{"bootstrap.servers", Broker::shared()}}, "kafka-tests"});
  const Result<std::vector<core::RecordMap>> offsets = cluster.read_offsets(name_of_this_test(), 30s);
  ASSERT_TRUE(offsets.ok()) << offsets.error().message;
  EXPECT_THAT(*offsets, IsEmpty());
}

TEST(ClusterOffsets, UnreachableBrokerIsNamed) {
  const Cluster cluster({{{"bootstrap.servers", "127.0.0.1:1"}}, "kafka-tests"});
  const Result<std::vector<core::RecordMap>> offsets = cluster.read_offsets("offsets", 1s);
  ASSERT_FALSE(offsets.ok());
  EXPECT_THAT(offsets.error().message, HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace auditstream::test
