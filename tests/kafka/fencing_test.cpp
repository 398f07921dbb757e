// Who may write to a partition: the last one who opened it, and no one sees what another had not finished.
#include <gmock/gmock.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "kafka/foreign_producer.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/kafka/topics.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;
using Steps = std::chrono::steady_clock;

TEST(Fencing, SecondJournalTakesThePartitionAndTheFirstCommitsNoMore) {
  const Place place(Broker::shared());
  PatientJournal first(place.settings());
  first.open();
  ASSERT_EQ(first.commit(place.batch({"of-first"}, "1")).outcome, core::Outcome::committed);
  PatientJournal second(place.settings());
  EXPECT_THAT(cursors_in(second.open()), ElementsAre(Pair("acme", "1")));

  EXPECT_EQ(first.commit(place.batch(ids_of("zombie", 100), "zombie")).outcome, core::Outcome::fenced);
  EXPECT_EQ(first.commit(place.batch({"zombie"}, "zombie")).outcome, core::Outcome::fenced);
  EXPECT_EQ(second.commit(place.batch({"of-second"}, "2")).outcome, core::Outcome::committed);
  EXPECT_THAT(place.visible_ids(), ElementsAre("of-first", "of-second"));
}

TEST(Fencing, FirstMayTakeItBack) {
  const Place place(Broker::shared());
  PatientJournal first(place.settings());
  PatientJournal second(place.settings());
  first.open();
  second.open();
  ASSERT_EQ(second.commit(place.batch({"of-second"}, "2")).outcome, core::Outcome::committed);
  EXPECT_EQ(first.commit(place.batch({"zombie"}, "zombie")).outcome, core::Outcome::fenced);
  EXPECT_THAT(cursors_in(first.open()), ElementsAre(Pair("acme", "2")));
  EXPECT_EQ(first.commit(place.batch({"of-first"}, "3")).outcome, core::Outcome::committed);
  EXPECT_EQ(second.commit(place.batch({"zombie"}, "zombie")).outcome, core::Outcome::fenced);
  EXPECT_THAT(place.visible_ids(), ElementsAre("of-first", "of-second"));
}

// Whichever of the two wins: what the new owner restores is what is visible, and it stays so.
TEST(Fencing, ZombieWithABatchUnderWayCommitsItBeforeTheFenceOrNever) {
  const Place place(Broker::shared());
  std::vector<std::string> expected;
  std::string cursor;
  for (int round = 0; round < 10; ++round) {
    PatientJournal zombie(place.settings());
    zombie.open();
    const auto ids = ids_of("round" + std::to_string(round) + "-", 2000);
    zombie.begin_commit(place.batch(ids, std::to_string(round)));
    let_pass(std::chrono::milliseconds(8 * round));
    PatientJournal heir(place.settings());
    const core::RecordMap restored = cursors_in(heir.open());
    const core::JournalDone done = zombie.done_within(60s);
    const bool restored_it = restored.contains("acme") && restored.at("acme") == std::to_string(round);
    if (restored_it) {
      cursor = std::to_string(round);
      expected.insert(expected.end(), ids.begin(), ids.end());
    } else {
      EXPECT_NE(done.outcome, core::Outcome::committed) << "round " << round;
      EXPECT_EQ(restored.contains("acme") ? restored.at("acme") : "", cursor) << "round " << round;
    }
  }
  std::ranges::sort(expected);
  EXPECT_EQ(place.visible_ids(), expected);
}

TEST(Fencing, OpenTransactionOfTheSameIdIsAbortedAtOnce) {
  const Place place(Broker::shared());
  ForeignProducer dead(place.bootstrap(), place.settings().transactional_id());
  dead.begin();
  dead.produce(place.events(), 0, "zombie", "{}");
  dead.produce(place.offsets(), 0, "acme", "zombie");

  PatientJournal journal(place.settings());
  const auto start = Steps::now();
  EXPECT_THAT(cursors_in(journal.open()), IsEmpty());
  EXPECT_LT(Steps::now() - start, 5s);
  EXPECT_NE(dead.commit(), "");
  EXPECT_EQ(journal.commit(place.batch({"ours"}, "1")).outcome, core::Outcome::committed);
  EXPECT_THAT(place.visible_ids(), ElementsAre("ours"));
}

// The last stable offset lies below the other's records, and the high watermark above our own mark: only the
// mark itself, seen by a read_committed consumer, tells that everything before it is known.
class OtherTransaction : public testing::Test {
 protected:
  OtherTransaction()
      : place_(Broker::shared()), other_(place_.bootstrap(), place_.offsets() + "-someone-else") {}

  // Returns when the journal has marked the partition and waits.
  void open_behind_it(PatientJournal& journal) {
    other_.begin();
    other_.produce(place_.offsets(), 0, "theirs", "1");
    const std::int64_t end = log_end(place_.bootstrap(), place_.offsets(), 0);
    journal.begin_open();
    const auto mark_and_its_marker = end + 2;
    until("our mark is in the log", 30s,
          [&] { return log_end(place_.bootstrap(), place_.offsets(), 0) >= mark_and_its_marker; });
    EXPECT_FALSE(journal.event_within(1s)) << "the other transaction is still open";
  }

  core::RecordMap opened(PatientJournal& journal) {
    const auto event = journal.event_within(30s);
    if (!event) throw std::runtime_error("open() does not end");
    return cursors_in(std::get<core::JournalOpened>(*event).records);
  }

  const Place place_;
  ForeignProducer other_;
};

TEST_F(OtherTransaction, IsWaitedForAndItsRecordsAreRestored) {
  PatientJournal journal(place_.settings());
  open_behind_it(journal);
  ASSERT_EQ(other_.commit(), "");
  EXPECT_THAT(opened(journal), ElementsAre(Pair("theirs", "1")));
}

TEST_F(OtherTransaction, IsWaitedForAndForgottenWhenItAborts) {
  {
    PatientJournal before(place_.settings());
    before.open();
    before.commit(place_.batch({"before"}, "before"));
  }
  PatientJournal journal(place_.settings());
  open_behind_it(journal);
  ASSERT_EQ(other_.abort(), "");
  EXPECT_THAT(opened(journal), ElementsAre(Pair("acme", "before")));
}

// A tool that edits a cursor: a tombstone of a key and a new one, while the owner was away.
TEST_F(OtherTransaction, MayHaveRemovedACursor) {
  {
    PatientJournal before(place_.settings());
    before.open();
    before.commit(place_.batch({"before"}, "before"));
  }
  other_.begin();
  other_.produce(place_.offsets(), 0, "acme", std::nullopt);
  ASSERT_EQ(other_.commit(), "");
  PatientJournal journal(place_.settings());
  EXPECT_THAT(cursors_in(journal.open()), IsEmpty());
}

// Two instances that both believe that the partition is theirs.
TEST(Fencing, TwoWhoFightForAPartitionPublishNothingTwiceAndLoseNothing) {
  const Place place(Broker::shared());
  PatientJournal one(place.settings());
  PatientJournal two(place.settings());
  PatientJournal* const fighters[] = {&one, &two};
  int last = -1;
  for (int round = 0; round < 20; ++round) {
    PatientJournal& fighter = *fighters[round % 2];
    const core::RecordMap cursors = cursors_in(fighter.open());
    EXPECT_EQ(cursors.empty() ? -1 : std::stoi(cursors.at("acme")), last);
    const std::string next = std::to_string(last + 1);
    ASSERT_EQ(fighter.commit(place.batch({"event" + next}, next)).outcome, core::Outcome::committed);
    // librdkafka doesn't always say why.
    EXPECT_THAT(fighters[(round + 1) % 2]->commit(place.batch({"zombie"}, "zombie")).outcome,
                testing::AnyOf(core::Outcome::fenced, core::Outcome::lost));
    ++last;
  }
  const std::vector<std::string> visible = place.visible_ids();
  EXPECT_EQ(visible.size(), 20u);
  EXPECT_THAT(visible, Not(Contains("zombie")));
}

// librdkafka asks nobody where nothing was produced: that a commit goes through tells that one is still the
// owner only if there was something in it.
TEST(Fencing, EmptyTransactionOfAFencedProducerProvesNothing) {
  const Place place(Broker::shared());
  ForeignProducer zombie(place.bootstrap(), place.settings().transactional_id());
  PatientJournal heir(place.settings());
  heir.open();
  zombie.begin();
  EXPECT_EQ(zombie.commit(), "");
  zombie.begin();
  zombie.produce(place.events(), 0, "zombie", "{}");
  EXPECT_EQ(zombie.commit(), "_FENCED");
  EXPECT_THAT(place.visible_ids(), IsEmpty());
}

// Both work at the same time, each as soon as it may: what one has committed the other goes on from.
TEST(Fencing, TwoWhoFightAtTheSameTimePublishNothingTwiceAndLoseNothing) {
  constexpr int wanted = 300;
  const Place place(Broker::shared());
  std::atomic<int> committed = 0;
  std::atomic<int> fences = 0;
  const auto fight = [&](unsigned seed) {
    std::mt19937 random(seed);
    PatientJournal journal(place.settings());
    while (committed < wanted) {
      auto end = journal.try_open();
      const auto* records = std::get_if<core::RecordMap>(&end);
      int next = records != nullptr && records->contains("acme") ? std::stoi(records->at("acme")) + 1 : 0;
      while (records != nullptr && committed < wanted) {
        const auto ids = ids_of("event" + std::to_string(next) + "-", 10);
        if (journal.commit(place.batch(ids, std::to_string(next))).outcome != core::Outcome::committed) {
          ++fences;
          break;
        }
        committed = next++;
      }
      let_pass(std::chrono::milliseconds(random() % 300));  // or each would meet the other's opening for ever
    }
  };
  std::thread one(fight, 1);
  std::thread two(fight, 2);
  one.join();
  two.join();
  EXPECT_GT(fences, 1);
  const std::vector<std::string> visible = place.visible_ids();
  EXPECT_EQ(std::set(visible.begin(), visible.end()).size(), visible.size()) << "nothing twice";
  const int last = std::stoi(cursors_in(PatientJournal(place.settings()).open()).at("acme"));
  EXPECT_EQ(visible.size(), 10u * static_cast<std::size_t>(last + 1)) << "nothing lost";
}

// Brokers look for them every ten seconds. Nobody knows when: the transaction may end right after its last
// record.
TEST(Fencing, TransactionThatTheBrokerHasEndedCommitsNoMore) {
  const Place place(Broker::shared());
  const std::int64_t begin = log_end(place.bootstrap(), place.offsets(), 0);
  ForeignProducer stalled(place.bootstrap(), place.settings().transactional_id(), 5s);
  stalled.begin();
  stalled.produce(place.events(), 0, "stalled", "{}");
  stalled.produce(place.offsets(), 0, "acme", "stalled");
  const std::int64_t record_and_marker = begin + 2;
  until("the broker ends it", 60s,
        [&] { return log_end(place.bootstrap(), place.offsets(), 0) >= record_and_marker; });
  EXPECT_NE(stalled.commit(), "");  // librdkafka doesn't always say why
  EXPECT_THAT(cursors_in(PatientJournal(place.settings()).open()), IsEmpty());
  EXPECT_THAT(place.visible_ids(), IsEmpty());
}

TEST(Fencing, TransactionOfADeadStrangerIsWaitedForUntilTheBrokerEndsIt) {
  const Place place(Broker::shared());
  {
    ForeignProducer stranger(place.bootstrap(), place.offsets() + "-stranger", 2s);
    stranger.begin();
    stranger.produce(place.offsets(), 0, "acme", "stranger");
  }
  PatientJournal journal(place.settings());
  EXPECT_THAT(cursors_in(journal.open()), IsEmpty());
  EXPECT_EQ(journal.commit(place.batch({"ours"}, "1")).outcome, core::Outcome::committed);
}

}  // namespace
}  // namespace auditstream::test
