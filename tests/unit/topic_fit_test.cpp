// What sources and topics must not do to each other, as far as it needs no broker.
#include "kafka/topic_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace auditstream::kafka {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;

const Time now = *parse_rfc3339("2026-11-20T12:00:00Z");

std::shared_ptr<Source> add_source(config::Config& config, const std::string& name,
                                   const std::string& key = "id", Duration backfill = 30 * 24h) {
  auto source = std::make_shared<Source>();
  source->name = source->account = name;
  source->vendor = "tines";
  source->key = key;
  source->topic = "audit.tines";
  source->dead_letter_topic = "audit.tines.dlq";
  source->backfill_start_time = now - backfill;
  config.sources.push_back(source);
  return source;
}

core::OffsetsView with_cursor_of(const std::string& source) {
  core::OffsetsView offsets;
  offsets.apply(0, source, R"({"version":1,"account":"a"})");
  return offsets;
}

TEST(LogsToDestroy, IsASeriesOfHeartbeatsThatIsCompacted) {
  config::Config config;
  add_source(config, "one");
  const std::map<std::string, TopicConfig> topics{{"audit.heartbeat", {{"cleanup.policy", "compact"}}}};
  EXPECT_THAT(logs_to_destroy(config, topics), IsEmpty()) << "there are none";
  config.heartbeats.emplace();
  EXPECT_THAT(logs_to_destroy(config, topics),
              ElementsAre(AllOf(HasSubstr("topic audit.heartbeat has cleanup.policy=compact"),
                                HasSubstr("the key of a heartbeat is its source"),
                                HasSubstr("kafka-configs.sh --alter --topic audit.heartbeat"))));
  EXPECT_THAT(logs_to_destroy(config, {{"audit.heartbeat", {{"cleanup.policy", "delete"}}}}), IsEmpty());
}

TEST(WindowsAtRisk, AreToldOfOnceForAllSourcesThatBeginABackfillById) {
  config::Config config;
  add_source(config, "one");
  add_source(config, "two", "id", 60 * 24h);
  EXPECT_THAT(windows_at_risk(config, {}, now),
              Optional(AllOf(HasSubstr("sources one, two "), HasSubstr("2026-09-21T12:00:00Z"),
                             HasSubstr("set backfill: first and key: actor"), HasSubstr("grace period"),
                             HasSubstr("60 d"), HasSubstr("(key: id)"), Not(HasSubstr("alongside")))));
}

TEST(WindowsAtRisk, AreToldOfWhereThePastIsReadBesideThePresent) {
  config::Config config;
  add_source(config, "one", "actor")->history_alongside = true;
  EXPECT_THAT(windows_at_risk(config, {}, now),
              Optional(AllOf(HasSubstr("(backfill: alongside)"), Not(HasSubstr("key: id")))));
}

TEST(WindowsAtRisk, AreNotToldOfAgainOnceThereIsACursor) {
  config::Config config;
  add_source(config, "one");
  EXPECT_EQ(windows_at_risk(config, with_cursor_of("one"), now), std::nullopt);
  add_source(config, "two");
  EXPECT_THAT(windows_at_risk(config, with_cursor_of("one"), now),
              Optional(AllOf(HasSubstr("source two "), Not(HasSubstr("one,")))));
}

TEST(WindowsAtRisk, AreNoneWithAnotherKeyAndWithoutABackfill) {
  config::Config config;
  for (const char* key : {"actor", "source", "/user/id"}) add_source(config, "by", key);
  add_source(config, "short", "id", 1h);
  add_source(config, "disabled")->enabled = false;
  add_source(config, "live")->backfill_start_time.reset();
  EXPECT_EQ(windows_at_risk(config, {}, now), std::nullopt);
}

using Topics = std::map<std::string, TopicConfig>;

TEST(LogsToDestroy, AreThoseOfCompactedTopicsWithAnotherKeyThanTheId) {
  config::Config config;
  add_source(config, "by-id");
  const Topics compacted{{"audit.tines", {{"cleanup.policy", "delete,compact"}}}};
  EXPECT_THAT(logs_to_destroy(config, compacted), IsEmpty());
  add_source(config, "by-actor", "actor");
  add_source(config, "by-name", "source");
  EXPECT_THAT(
      logs_to_destroy(config, compacted),
      ElementsAre(AllOf(HasSubstr("topic audit.tines has cleanup.policy=delete,compact"),
                        HasSubstr("the key of sources by-actor, by-name is no event's own (key: actor)"),
                        HasSubstr("set key: id"), HasSubstr("--add-config cleanup.policy=delete"))));
  EXPECT_THAT(logs_to_destroy(config, {{"audit.tines", {{"cleanup.policy", "delete"}}}}), IsEmpty());
  EXPECT_THAT(logs_to_destroy(config, {{"audit.tines.dlq", {{"cleanup.policy", "compact"}}}}), IsEmpty());
  EXPECT_THAT(logs_to_destroy(config, {{"audit.tines", {}}}), IsEmpty());
}

TEST(LogsToDestroy, AreNotThoseOfADisabledSource) {
  config::Config config;
  add_source(config, "by-actor", "actor")->enabled = false;
  EXPECT_THAT(logs_to_destroy(config, {{"audit.tines", {{"cleanup.policy", "compact"}}}}), IsEmpty());
}

}  // namespace
}  // namespace auditstream::kafka
