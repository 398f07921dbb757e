// KafkaJournal alone on its partition: what an open restores and what a commit makes visible.
#include <gmock/gmock.h>

#include <random>

#include "auditstream/json.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;
using testing::UnorderedElementsAre;

core::Batch records_only(const Place& place, std::vector<core::Record> records) {
  core::Unit unit;
  unit.records = std::move(records);
  return place.batch_of(std::move(unit));
}

TEST(Journal, OpeningAnEmptyPartitionRestoresNothingAndLeavesOneOwner) {
  const Place place(Broker::shared());
  PatientJournal journal(place.settings());
  EXPECT_THAT(journal.open(), IsEmpty());
  const std::vector<Record> records = place.read(place.offsets());
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].key, "__owner");
  EXPECT_EQ(records[0].partition, 0);
  EXPECT_EQ(json::scalar_at(records[0].value.value_or(""), "/instance"), "tester");
  EXPECT_TRUE(parse_rfc3339(json::scalar_at(records[0].value.value_or(""), "/time").value_or("")).ok());
}

TEST(Journal, CommitMakesEventsAndCursorVisible) {
  const Place place(Broker::shared());
  PatientJournal journal(place.settings(1));
  journal.open();
  const auto ids = ids_of("e", 100);
  const core::JournalDone done = journal.commit(place.batch(ids, "100 published"));
  EXPECT_EQ(done.outcome, core::Outcome::committed) << done.detail;
  EXPECT_EQ(place.visible_ids(), ids);
  const std::vector<Record> offsets = place.read(place.offsets());
  ASSERT_EQ(offsets.size(), 2u);
  EXPECT_EQ(offsets[1].key, "acme");
  EXPECT_EQ(offsets[1].value, "100 published");
  EXPECT_EQ(offsets[1].partition, 1);
}

TEST(Journal, CommitsFollowOneAnother) {
  const Place place(Broker::shared());
  PatientJournal journal(place.settings());
  journal.open();
  for (const char* prefix : {"a", "b", "c"}) {
    const core::JournalDone done = journal.commit(place.batch(ids_of(prefix, 10), prefix));
    ASSERT_EQ(done.outcome, core::Outcome::committed) << done.detail;
  }
  EXPECT_EQ(place.visible_ids().size(), 30u);
  EXPECT_THAT(cursors_in(journal.open()), ElementsAre(Pair("acme", "c")));
}

TEST(Journal, RestoresTheLastValueOfEachKeyAndNoTombstone) {
  const Place place(Broker::shared());
  {
    PatientJournal journal(place.settings());
    journal.open();
    journal.commit(records_only(place, {{"a", "1"}, {"b", "1"}, {"a/seen/1", "x"}}));
    journal.commit(records_only(place, {{"a", "2"}, {"b", std::nullopt}, {"c", "1"}}));
    journal.commit(records_only(place, {{"a", "3"}, {"a/seen/1", std::nullopt}}));
    journal.commit(records_only(place, {{"c", std::nullopt}, {"c", "2"}}));
  }
  {
    PatientJournal other(place.settings(1));
    other.open();
    other.commit(records_only(place, {{"d", "of another partition"}}));
  }
  PatientJournal journal(place.settings());
  EXPECT_THAT(cursors_in(journal.open()), UnorderedElementsAre(Pair("a", "3"), Pair("c", "2")));
}

TEST(Journal, ClosedJournalCommitsNothingAndOpensAgain) {
  const Place place(Broker::shared());
  PatientJournal journal(place.settings());
  journal.open();
  journal.commit(place.batch({"first"}, "1"));
  journal.close();
  EXPECT_EQ(journal.commit(place.batch({"never"}, "never")).outcome, core::Outcome::lost);
  EXPECT_THAT(cursors_in(journal.open()), ElementsAre(Pair("acme", "1")));
  EXPECT_EQ(journal.commit(place.batch({"second"}, "2")).outcome, core::Outcome::committed);
  EXPECT_THAT(place.visible_ids(), ElementsAre("first", "second"));
}

TEST(Journal, DestroyedAtAnyMomentThenReopenedPublishesNothingTwice) {
  const Place place(Broker::shared());
  std::mt19937 random(7);
  std::vector<std::string> published;
  {
    PatientJournal journal(place.settings());
    journal.open();
    ASSERT_EQ(journal.commit(place.batch(ids_of("batch0-", 500), "0")).outcome, core::Outcome::committed);
  }
  for (int round = 0; round < 12; ++round) {
    PatientJournal journal(place.settings());
    // The cursor counts batches, so it tells which ones are in Kafka.
    const core::RecordMap cursors = cursors_in(journal.open());
    const int next = std::stoi(cursors.at("acme")) + 1;
    for (int batch = next;; ++batch) {
      journal.begin_commit(
          place.batch(ids_of("batch" + std::to_string(batch) + "-", 500), std::to_string(batch)));
      const auto event = journal.event_within(std::chrono::milliseconds(random() % 30));
      if (!event) break;  // destroyed in the middle of it
      ASSERT_EQ(std::get<core::JournalDone>(*event).outcome, core::Outcome::committed);
      if (batch - next == 5) break;
    }
  }
  PatientJournal journal(place.settings());
  const int last = std::stoi(cursors_in(journal.open()).at("acme"));
  for (int batch = 0; batch <= last; ++batch) {
    for (std::string& id : ids_of("batch" + std::to_string(batch) + "-", 500))
      published.push_back(std::move(id));
  }
  std::ranges::sort(published);
  EXPECT_EQ(place.visible_ids(), published);
}

TEST(Journal, CommitsTwentyThousandEventsAtOnce) {
  const Place place(Broker::shared());
  PatientJournal journal(place.settings());
  journal.open();
  const auto ids = ids_of("e", 20'000);
  const core::JournalDone done = journal.commit(place.batch(ids, "all"));
  EXPECT_EQ(done.outcome, core::Outcome::committed) << done.detail;
  EXPECT_EQ(place.visible_ids(), ids);
}

// A producer's queue holds less than this batch: enqueueing has to wait for the broker.
TEST(Journal, BatchLargerThanTheProducersQueueIsCommitted) {
  const Place place(Broker::shared());
  kafka::JournalSettings settings = place.settings();
  settings.connection.properties["queue.buffering.max.kbytes"] = "1024";
  PatientJournal journal(std::move(settings));
  journal.open();
  const std::string body = incompressible_json(10'000);
  core::Unit unit;
  for (const std::string& id : ids_of("e", 500)) unit.events.push_back(event_of(id, body, wall_clock()));
  const core::JournalDone done = journal.commit(place.batch_of(std::move(unit)));
  EXPECT_EQ(done.outcome, core::Outcome::committed) << done.detail;
  EXPECT_EQ(place.visible_ids(), ids_of("e", 500));
}

// The broker takes less than we believed when the batch was made: nothing of the batch may stay, and the
// journal must be usable for everything else.
TEST(Journal, RecordThatTheBrokerRefusesTakesTheWholeBatchWithIt) {
  const Place place(Broker::shared(), {{"max.message.bytes", "2000"}});
  kafka::JournalSettings settings = place.settings();
  settings.topics = [&] {
    return kafka::WritableTopics{.names = {place.events(), place.dead_letters()}, .batch_bytes_max = 2000};
  };
  PatientJournal journal(std::move(settings));
  journal.open();
  ASSERT_EQ(journal.commit(place.batch({"before"}, "before")).outcome, core::Outcome::committed);

  core::Unit unit;
  unit.events.push_back(event_of("good"));
  unit.events.push_back(event_of("large", incompressible_json(5000), wall_clock()));
  unit.records.push_back({"acme", "with the large one"});
  const core::JournalDone refused = journal.commit(place.batch_of(std::move(unit)));
  EXPECT_EQ(refused.outcome, core::Outcome::refused) << refused.detail;
  EXPECT_THAT(refused.detail, HasSubstr("too large"));

  EXPECT_THAT(cursors_in(journal.open()), ElementsAre(Pair("acme", "before")));
  core::Unit rest;
  rest.events.push_back(event_of("good"));
  rest.dead_letters.push_back(
      {event_of("large", incompressible_json(5000), wall_clock()), "refused", "the broker refused it"});
  rest.records.push_back({"acme", "after"});
  const core::JournalDone done = journal.commit(place.batch_of(std::move(rest)));
  EXPECT_EQ(done.outcome, core::Outcome::committed) << done.detail;
  EXPECT_THAT(place.visible_ids(), ElementsAre("before", "good"));
  EXPECT_EQ(place.read(place.dead_letters()).size(), 1u);
}

// Smaller batches, or dead letters, would not help: every event would end there.
TEST(Journal, ACursorThatTheBrokerRefusesIsBlamedOnNoEvent) {
  const Place place(Broker::shared());
  alter_topic(place.bootstrap(), place.offsets(), "max.message.bytes", "2000");
  PatientJournal journal(place.settings());
  journal.open();
  const core::JournalDone done = journal.commit(place.batch({"good"}, incompressible_json(5000)));
  EXPECT_EQ(done.outcome, core::Outcome::lost) << done.detail;
  EXPECT_THAT(done.detail, AllOf(HasSubstr(place.offsets()), HasSubstr("max.message.bytes")));
  EXPECT_THAT(cursors_in(journal.open()), IsEmpty());
  EXPECT_THAT(place.visible_ids(), IsEmpty());
}

// What the client itself refuses fails before the transaction has heard of it, and a commit would succeed
// without it.
TEST(Journal, RecordThatTheClientRefusesIsNotLeftOut) {
  const Place place(Broker::shared());
  PatientJournal journal(place.settings());
  journal.open();
  core::Unit unit;
  unit.events.push_back(event_of("small"));
  unit.events.push_back(event_of("huge", std::string(10 << 20, ' '), wall_clock()));
  unit.records.push_back({"acme", "never"});
  const core::JournalDone done = journal.commit(place.batch_of(std::move(unit)));
  EXPECT_EQ(done.outcome, core::Outcome::refused) << done.detail;
  EXPECT_THAT(cursors_in(journal.open()), IsEmpty());
  EXPECT_THAT(place.visible_ids(), IsEmpty());
}

TEST(Journal, UnusableAddressIsSaidAndEnds) {
  const Place place(Broker::shared());
  kafka::JournalSettings settings = place.settings();
  settings.connection.properties["bootstrap.servers"] = "127.0.0.1:1";
  PatientJournal journal(std::move(settings));
  const auto end = journal.try_open();
  ASSERT_TRUE(std::holds_alternative<core::JournalFailed>(end));
  EXPECT_FALSE(std::get<core::JournalFailed>(end).error.lasts());
  EXPECT_THAT(std::get<core::JournalFailed>(end).error.message, HasSubstr("127.0.0.1:1"));
}

TEST(Journal, PropertyThatLibrdkafkaDoesNotTakeNeedsAPerson) {
  const Place place(Broker::shared());
  kafka::JournalSettings settings = place.settings();
  settings.connection.properties["compression.type"] = "hunter2";
  PatientJournal journal(std::move(settings));
  const auto end = journal.try_open();
  ASSERT_TRUE(std::holds_alternative<core::JournalFailed>(end));
  EXPECT_TRUE(std::get<core::JournalFailed>(end).error.lasts());
  EXPECT_THAT(std::get<core::JournalFailed>(end).error.message, StartsWith("kafka.compression.type"));
  EXPECT_THAT(std::get<core::JournalFailed>(end).error.message, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace auditstream::test
