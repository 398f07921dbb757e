// What a topic holds from some moment on, and what has come since: all that is committed, none of it twice.
#include "kafka/topic_range.h"

#include <gmock/gmock.h>

#include <future>

#include "kafka/foreign_producer.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/kafka/topic_writer.h"
#include "support/kafka/topics.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using kafka::TopicRange;
using kafka::TopicRecord;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class TopicRangeTest : public testing::Test {
 protected:
  TopicRangeTest() : place(Broker::shared()), range(place.settings().connection, place.events()) {
    EXPECT_TRUE(range.open().ok());
  }

  void write(int partition, const std::string& value, Time time, bool repaired = false,
             const std::string& generation = "") {
    Record record;
    record.topic = place.events();
    record.partition = partition;
    record.timestamp_ms = time.time_since_epoch() / 1ms;
    record.value = value;
    record.headers = {{"ce_source", "urn:acme"}, {"ce_id", value}, {"ce_time", format_rfc3339(time)}};
    if (repaired) record.headers.emplace_back("auditstream_repaired", format_rfc3339(time));
    if (!generation.empty()) record.headers.emplace_back("auditstream_generation", generation);
    write_records(place.bootstrap(), {record});
  }
  template <class Read>
  std::vector<std::string> values(Read read) {
    std::vector<std::string> values;
    const Status done = read([&](const TopicRecord& record) { values.emplace_back(record.value); });
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().message);
    return values;
  }
  std::vector<std::string> read(Time from) {
    return values([&](const auto& take) { return range.read(from, take); });
  }
  std::vector<std::string> read_on() {
    return values([&](const auto& take) { return range.read_on(take); });
  }
  std::vector<std::string> read_earlier() {
    return values([&](const auto& take) { return range.read_earlier(take); });
  }

  const Place place;
  const Time now = wall_clock();
  TopicRange range;
};

TEST_F(TopicRangeTest, ReadsFromATimeThenWhatHasComeThenWhatWasBefore) {
  write(0, "old", now - 48h);
  write(0, "new", now - 1h);
  write(0, "late", now - 47h);
  write(1, "older", now - 72h);
  EXPECT_THAT(read(now - 2h), ElementsAre("new", "late"));
  EXPECT_THAT(read_on(), IsEmpty());
  write(1, "next", now - 72h);
  EXPECT_THAT(read_on(), ElementsAre("next"));
  EXPECT_THAT(read_on(), IsEmpty());
  EXPECT_THAT(read_earlier(), UnorderedElementsAre("old", "older"));
}

TEST_F(TopicRangeTest, TellsWhatTheHeadersSay) {
  write(0, "a", floor_second(now), true);
  std::size_t records = 0;
  EXPECT_TRUE(range
                  .read(now - 1h,
                        [&](const TopicRecord& record) {
                          ++records;
                          EXPECT_EQ(record.source, "urn:acme");
                          EXPECT_EQ(record.id, "a");
                          EXPECT_EQ(record.time, floor_second(now));
                          EXPECT_TRUE(record.repaired);
                          EXPECT_EQ(record.generation, 1u);
                        })
                  .ok());
  EXPECT_EQ(records, 1u);
  write(0, "b", now, false, "12");
  write(0, "c", now, false, "12th");
  std::vector<std::uint64_t> generations;
  EXPECT_TRUE(
      range.read_on([&](const TopicRecord& record) { generations.push_back(record.generation); }).ok());
  EXPECT_THAT(generations, ElementsAre(12u, 0u));
}

// Whoever has fenced an owner has to see what that one has committed, though a stranger's transaction is
// open.
TEST_F(TopicRangeTest, WaitsForATransactionThatIsOpenBeforeTheEnd) {
  EXPECT_THAT(read(now - 1h), IsEmpty());
  ForeignProducer stranger(place.bootstrap(), place.events() + "-stranger");
  stranger.begin();
  stranger.produce(place.events(), 0, "key", "of-a-stranger");
  write(0, "behind", now);
  auto seen = std::async(std::launch::async, [&] { return read_on(); });
  EXPECT_EQ(seen.wait_for(1s), std::future_status::timeout) << "nobody knows yet how it ends";
  EXPECT_EQ(stranger.abort(), "");
  EXPECT_THAT(seen.get(), ElementsAre("behind"));
  EXPECT_THAT(read_on(), IsEmpty());
}

TEST_F(TopicRangeTest, SeesAllOfAnOwnerThatWasFenced) {
  EXPECT_THAT(read(now - 1h), IsEmpty());
  PatientJournal owner(place.settings(0));
  owner.open();
  EXPECT_EQ(owner.commit(place.batch({"a", "b"}, "1")).outcome, core::Outcome::committed);
  ForeignProducer next(place.bootstrap(), place.settings(0).transactional_id());
  EXPECT_EQ(read_on().size(), 2u);
}

TEST_F(TopicRangeTest, OfATopicThatHasLostRecordsTellsWhereTheSourceBegins) {
  const auto lost = [&] { return *range.lost_before("urn:acme"); };
  write(0, "first", now - 48h);
  write(0, "second", floor_second(now - 24h));
  write(1, "other", now - 48h);
  EXPECT_EQ(lost(), std::nullopt);
  delete_records(place.bootstrap(), place.events(), 0, 1);
  EXPECT_EQ(lost(), floor_second(now - 24h));
  // What a repair has brought back says nothing of what is lost.
  delete_records(place.bootstrap(), place.events(), 0, 2);
  write(0, "repaired", now - 72h, true);
  EXPECT_EQ(lost(), Time::max());
  write(0, "third", floor_second(now - 1h));
  EXPECT_EQ(lost(), floor_second(now - 1h));
}

TEST_F(TopicRangeTest, KnowsATopicThatWasMadeAnewFromTheOneThatItHasRead) {
  for (const char* value : {"a", "b", "c"}) write(0, value, now);
  EXPECT_EQ(read(now - 1h).size(), 3u);
  delete_topic(place.bootstrap(), place.events());
  create_topic(place.bootstrap(), place.events(), Place::event_partitions);
  until("the new topic is seen", 30s, [&] {
    const Status done = range.read_on([](const TopicRecord&) {});
    return !done.ok() && done.error().message.find("made anew") != std::string::npos;
  });
}

TEST(TopicRange, OfNoTopicIsEmpty) {
  TopicRange range({{{"bootstrap.servers", Broker::shared()}}, "test"}, name_of_this_test() + "-nowhere");
  ASSERT_TRUE(range.open().ok());
  EXPECT_TRUE(range.read(Time{}, [](const TopicRecord&) { FAIL(); }).ok());
  EXPECT_EQ(*range.lost_before("urn:acme"), std::nullopt);
}

}  // namespace
}  // namespace auditstream::test
