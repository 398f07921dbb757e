// How an event and a dead letter look to a consumer.
#include <gmock/gmock.h>

#include "base/hash.h"
#include "core/envelope.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"

namespace auditstream::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::int64_t milliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

class Records : public testing::Test {
 protected:
  Records() : place_(Broker::shared()), journal_(place_.settings()) { journal_.open(); }

  void commit(core::Batch batch) {
    const core::JournalDone done = journal_.commit(std::move(batch));
    ASSERT_EQ(done.outcome, core::Outcome::committed) << done.detail;
  }

  // The one visible record of the topic.
  Record only_record(const std::string& topic) {
    std::vector<Record> records = place_.read(topic);
    if (records.size() != 1) throw std::runtime_error(std::to_string(records.size()) + " records");
    return std::move(records.front());
  }

  const Place place_;
  PatientJournal journal_;
};

TEST_F(Records, EventIsACloudEventWithItsBytesAsTheyCame) {
  const std::string raw = "{ \"id\" : 7, \"name\":\"\\u00e9\xc3\xa9\",\n \"n\": 1.50 }";
  const Time time = parse_rfc3339("2026-11-01T02:03:04.567Z").value();
  core::Unit unit;
  unit.events.push_back(event_of("7", raw, time));
  unit.generation = 2;
  unit.first_seq = 41;
  commit(place_.batch_of(std::move(unit)));
  const Record record = only_record(place_.events());
  EXPECT_EQ(record.value, raw);
  EXPECT_EQ(record.key, "7");
  EXPECT_EQ(record.timestamp_ms, milliseconds(time));
  EXPECT_THAT(
      record.headers,
      ElementsAre(Pair("ce_specversion", "1.0"), Pair("ce_id", "7"),
                  Pair("ce_source", "urn:auditstream:tines:acme"), Pair("ce_type", "auditstream.tines.event"),
                  Pair("ce_time", "2026-11-01T02:03:04.567Z"), Pair("content-type", "application/json"),
                  Pair("auditstream_generation", "2"), Pair("auditstream_seq", "41")));
}

// The events of a unit are numbered in their order; what a repair publishes has no number.
TEST_F(Records, EventsAreNumberedUnlessARepairPublishesThem) {
  core::Unit unit;
  for (const std::string& id : ids_of("e", 3)) unit.events.push_back(event_of(id, "{}", wall_clock()));
  unit.first_seq = 7;
  core::Unit repair;
  repair.events.push_back(event_of("r", "{}", wall_clock()));
  repair.repaired = wall_clock();
  commit(place_.batch_of(std::move(unit)));
  commit(place_.batch_of(std::move(repair)));
  std::map<std::string, std::string> numbers;
  for (const Record& record : place_.read(place_.events()))
    numbers[std::string(record.header("ce_id"))] = record.header("auditstream_seq");
  std::map<std::string, std::string> expected{{"r", ""}};
  const std::vector<std::string> ids = ids_of("e", 3);
  for (std::size_t i = 0; i < ids.size(); ++i) expected[ids[i]] = std::to_string(7 + i);
  EXPECT_EQ(numbers, expected);
}

TEST_F(Records, ActorIsTheKeyAndActionAHeader) {
  place_.source()->key = "actor";
  core::Unit unit;
  unit.events.push_back(event_of("7", R"({"id":7,"what":"Login"})", wall_clock()));
  Event& event = unit.events.back();
  event.actor = "ann@acme.example";
  event.action_at = static_cast<std::uint32_t>(event.raw.find("Login"));
  event.action_size = 5;
  commit(place_.batch_of(std::move(unit)));
  const Record record = only_record(place_.events());
  EXPECT_EQ(record.key, "ann@acme.example");
  EXPECT_EQ(record.header("auditstream_action"), "Login");
}

TEST_F(Records, KeyLiesWhereJavasPartitionerPutsIt) {
  auto ids = ids_of("event-", 300);
  ids.push_back("ключ");
  ids.push_back("x");
  commit(place_.batch(ids, "all"));
  const std::vector<Record> records = place_.read(place_.events());
  ASSERT_EQ(records.size(), ids.size());
  for (const Record& record : records) {
    EXPECT_EQ(record.partition, murmur2_partition(record.key.value(), Place::event_partitions))
        << *record.key;
  }
}

TEST_F(Records, KeyMayBeTheSourceOrAMemberOfTheEvent) {
  place_.source()->key = "source";
  commit(place_.batch({"one"}, "1"));
  EXPECT_EQ(only_record(place_.events()).key, "acme");
  place_.source()->key = "/user/id";
  core::Unit unit;
  unit.events.push_back(event_of("two", R"({"user":{"id":"u-1"}})", wall_clock()));
  commit(place_.batch_of(std::move(unit)));
  std::vector<std::string> keys;
  for (const Record& record : place_.read(place_.events())) keys.push_back(record.key.value_or(""));
  EXPECT_THAT(keys, testing::UnorderedElementsAre("acme", "u-1"));
}

TEST_F(Records, EventsOfOneKeyKeepTheirOrder) {
  place_.source()->key = "source";
  const auto ids = ids_of("e", 5000);
  commit(place_.batch(ids, "all"));
  std::vector<std::string> seen;
  for (const Record& record : place_.read(place_.events())) seen.emplace_back(record.header("ce_id"));
  EXPECT_EQ(seen, ids);
}

// Brokers refuse timestamps more than an hour ahead.
TEST_F(Records, EventFromTheFutureCarriesTheTimeOfItsBatch) {
  const Time future = wall_clock() + 2h;
  core::Unit unit;
  unit.events.push_back(event_of("future", "{}", future));
  core::Batch batch = place_.batch_of(std::move(unit));
  const Time now = batch.units.front().now;
  commit(std::move(batch));
  const Record record = only_record(place_.events());
  EXPECT_EQ(record.timestamp_ms, milliseconds(now));
  EXPECT_EQ(record.header("ce_time"), format_rfc3339(future, 3));
}

TEST_F(Records, DeadLetterSaysWhy) {
  core::Unit unit;
  unit.dead_letters.push_back({event_of("odd", R"({"at":"yesterday"})", std::nullopt), "unreadable_time",
                               "\"yesterday\" is not a time"});
  core::Batch batch = place_.batch_of(std::move(unit));
  const Time now = batch.units.front().now;
  commit(std::move(batch));
  EXPECT_TRUE(place_.read(place_.events()).empty());
  const Record letter = only_record(place_.dead_letters());
  EXPECT_EQ(letter.value, R"({"at":"yesterday"})");
  EXPECT_EQ(letter.key, "odd");
  EXPECT_EQ(letter.timestamp_ms, milliseconds(now));
  EXPECT_EQ(letter.header("ce_id"), "odd");
  EXPECT_EQ(letter.header("ce_time"), "");
  EXPECT_EQ(letter.header("auditstream_error"), "unreadable_time");
  EXPECT_EQ(letter.header("auditstream_error_detail"), "\"yesterday\" is not a time");
  EXPECT_EQ(letter.header("auditstream_error_at"), format_rfc3339(now));
  EXPECT_EQ(letter.header("auditstream_truncated"), "");
}

TEST_F(Records, DeadLetterBeyondEightMebibytesIsCutAndSaysSo) {
  const std::string raw = incompressible_json(9 << 20);
  core::Unit unit;
  unit.dead_letters.push_back({event_of("huge", raw, wall_clock()), "too_large", "9 MiB"});
  commit(place_.batch_of(std::move(unit)));
  const Record letter = only_record(place_.dead_letters());
  EXPECT_EQ(letter.header("auditstream_truncated"), std::to_string(raw.size()));
  EXPECT_TRUE(letter.value ==
              raw.substr(0, core::dead_letter_value_bytes_max(core::dead_letter_record_bytes_max)));
}

TEST_F(Records, DeadLetterThatJustFitsIsWhole) {
  const std::string raw =
      incompressible_json(core::dead_letter_value_bytes_max(core::dead_letter_record_bytes_max));
  core::Unit unit;
  unit.dead_letters.push_back({event_of("large", raw, wall_clock()), "too_large", "nearly 8 MiB"});
  commit(place_.batch_of(std::move(unit)));
  const Record letter = only_record(place_.dead_letters());
  EXPECT_EQ(letter.header("auditstream_truncated"), "");
  EXPECT_TRUE(letter.value == raw);
}

TEST_F(Records, CursorIsCommittedUnderAClockThatIsFarAheadOfTheBrokers) {
  // The topics of these tests have the times that the client gives.
  core::Unit unit;
  unit.events.push_back(event_of("event"));
  unit.records.push_back({"acme", "cursor"});
  core::Batch batch = place_.batch_of(std::move(unit));
  batch.units.front().now += 365 * 24h;
  EXPECT_EQ(journal_.commit(batch).outcome, core::Outcome::lost) << "no event is to blame";
  journal_.open();
  commit(std::move(batch));
  EXPECT_EQ(only_record(place_.events()).key, "event");
}

// A backfill is full of them, so none of them is a dead letter.
TEST(OldRecords, AreNoDeadLettersWhereATopicRefusesTheirAge) {
  const Place place(Broker::shared(), {{"message.timestamp.before.max.ms", "3600000"}});
  PatientJournal journal(place.settings());
  journal.open();
  core::Unit unit;
  unit.events.push_back(event_of("old", "{}", wall_clock() - 48h));
  const core::JournalDone done = journal.commit(place.batch_of(std::move(unit)));
  EXPECT_EQ(done.outcome, core::Outcome::lost);
  ASSERT_EQ(done.blocked.size(), 1u);
  EXPECT_EQ(done.blocked[0].topic, place.events());
  EXPECT_THAT(done.detail, HasSubstr("kafka-configs.sh --alter --topic " + place.events() +
                                     " --add-config message.timestamp.before.max.ms="));
  journal.open();
  EXPECT_EQ(journal.commit(place.batch({"young"}, "young")).outcome, core::Outcome::committed);
}

TEST(DeadLetters, AreCutToWhatTheirTopicTakes) {
  constexpr std::size_t record_bytes_max = 20'000;
  const Place place(Broker::shared(), {}, record_bytes_max);
  kafka::JournalSettings settings = place.settings();
  settings.topics = [&] {
    return kafka::WritableTopics{.names = {place.events(), place.dead_letters()},
                                 .record_bytes_max = {{place.dead_letters(), record_bytes_max}}};
  };
  PatientJournal journal(settings);
  journal.open();
  const std::string raw = incompressible_json(100'000);
  core::Unit unit;
  unit.dead_letters.push_back({event_of("large", raw, wall_clock()), "too_large", "100 kB"});
  const core::JournalDone done = journal.commit(place.batch_of(std::move(unit)));
  ASSERT_EQ(done.outcome, core::Outcome::committed) << done.detail;
  const std::vector<Record> letters = place.read(place.dead_letters());
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].header("auditstream_truncated"), std::to_string(raw.size()));
  EXPECT_EQ(letters[0].value, raw.substr(0, core::dead_letter_value_bytes_max(record_bytes_max)));
}

}  // namespace
}  // namespace auditstream::test
