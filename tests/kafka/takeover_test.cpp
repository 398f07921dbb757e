// Partitions in an operator's hands: what is written there is whole or nothing, and nobody who has opened one
// of them in the meantime is overruled.
#include "kafka/takeover.h"

#include <gmock/gmock.h>

#include "kafka/foreign_producer.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using kafka::Takeover;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Shards = std::map<int, core::RecordMap>;

Shards open(Takeover& takeover) {
  auto opened = takeover.open();
  if (!opened.ok()) throw std::runtime_error(opened.error().message);
  Shards shards = *std::move(opened);
  for (auto& [partition, records] : shards) records = cursors_in(std::move(records));
  return shards;
}

class TakeoverTest : public testing::Test {
 protected:
  // An owner has left a cursor "acme" in the first partition and lives on.
  TakeoverTest() : place(Broker::shared()), owner(place.settings(0)), neighbour(place.settings(1)) {
    owner.open();
    neighbour.open();
    EXPECT_EQ(owner.commit(place.batch({"before"}, "1")).outcome, core::Outcome::committed);
  }

  // Both partitions, as whoever opens them finds them.
  Shards found() const {
    Shards shards;
    for (const int partition : {0, 1}) {
      PatientJournal journal(place.settings(partition));
      shards[partition] = cursors_in(journal.open_at_last(60s));
    }
    return shards;
  }

  const std::map<int, std::vector<core::Record>> move{{0, {{"acme", std::nullopt}}},
                                                      {1, {{"acme", "moved"}}}};
  const Shards before{{0, {{"acme", "1"}}}, {1, {}}};
  const Shards after{{0, {}}, {1, {{"acme", "moved"}}}};
  const Place place;
  PatientJournal owner;
  PatientJournal neighbour;
};

TEST_F(TakeoverTest, MovesARecordFromOnePartitionToTheOther) {
  {
    Takeover takeover(place.settings(), {0, 1});
    EXPECT_EQ(open(takeover), before);
    EXPECT_EQ(takeover.commit(0, move).outcome, core::Outcome::committed);
  }
  EXPECT_EQ(found(), after);
}

TEST_F(TakeoverTest, WhoeverHadThePartitionsCommitsNoMoreUntilTheyOpenThemAgain) {
  Takeover takeover(place.settings(), {0, 1});
  open(takeover);
  EXPECT_THAT(owner.commit(place.batch({"zombie"}, "zombie")).outcome,
              AnyOf(core::Outcome::fenced, core::Outcome::lost));
  EXPECT_EQ(takeover.commit(0, move).outcome, core::Outcome::committed);
  EXPECT_THAT(neighbour.commit(place.batch({"zombie"}, "zombie")).outcome,
              AnyOf(core::Outcome::fenced, core::Outcome::lost));
  EXPECT_THAT(cursors_in(owner.open()), IsEmpty());
  EXPECT_THAT(cursors_in(neighbour.open()), ElementsAre(Pair("acme", "moved")));
  EXPECT_THAT(place.visible_ids(), ElementsAre("before"));
}

TEST_F(TakeoverTest, OfOnePartitionEditsThatOne) {
  Takeover takeover(place.settings(), {0});
  open(takeover);
  EXPECT_EQ(takeover.commit(0, {{0, {{"acme", "edited"}}}}).outcome, core::Outcome::committed);
  EXPECT_EQ(neighbour.commit(place.batch({"of-neighbour"}, "2")).outcome, core::Outcome::committed);
  EXPECT_THAT(found().at(0), ElementsAre(Pair("acme", "edited")));
}

// The position that was restored may be old by then.
TEST_F(TakeoverTest, ChangesNothingIfTheOldPartitionWasOpenedSince) {
  Takeover takeover(place.settings(), {0, 1});
  open(takeover);
  owner.open();
  EXPECT_EQ(owner.commit(place.batch({"later"}, "2")).outcome, core::Outcome::committed);
  EXPECT_THAT(takeover.commit(0, move).outcome, AnyOf(core::Outcome::fenced, core::Outcome::lost));
  EXPECT_EQ(found(), (Shards{{0, {{"acme", "2"}}}, {1, {}}}));
}

// Its owner has restored it without the cursor and would begin anew.
TEST_F(TakeoverTest, ChangesNothingIfTheNewPartitionWasOpenedSince) {
  Takeover takeover(place.settings(), {0, 1});
  open(takeover);
  neighbour.open();
  EXPECT_EQ(takeover.commit(0, move).outcome, core::Outcome::lost);
  EXPECT_EQ(found(), before);
}

// As if the tool had been killed between its last record and the commit.
TEST_F(TakeoverTest, ThatDiesInItsTransactionLeavesEverythingAsItWas) {
  ForeignProducer dead(place.bootstrap(), place.settings(0).transactional_id());
  dead.begin();
  dead.produce(place.offsets(), 0, "acme", std::nullopt);
  dead.produce(place.offsets(), 1, "acme", "moved");
  PatientJournal waits(place.settings(1));
  waits.begin_open();
  EXPECT_FALSE(waits.event_within(1s)) << "nobody knows yet how it ends";
  EXPECT_THAT(cursors_in(owner.open_at_last(30s)), ElementsAre(Pair("acme", "1")));
  const auto event = waits.event_within(30s);
  ASSERT_TRUE(event);
  EXPECT_THAT(cursors_in(std::get<core::JournalOpened>(*event).records), IsEmpty());
}

}  // namespace
}  // namespace auditstream::test
