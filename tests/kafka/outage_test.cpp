// Brokers that go away: a commit is whole or not at all, and nothing hangs.
#include <gmock/gmock.h>

#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using testing::IsEmpty;
using Steps = std::chrono::steady_clock;

// A broker of its own, because the tests stop it.
class Outage : public testing::Test {
 protected:
  Outage() : place_(broker_.bootstrap()) {}

  // After the broker has come back: the cursor and the events tell the same story.
  void expect_all_or_nothing(PatientJournal& journal, const core::JournalDone& done,
                             const std::vector<std::string>& before, const std::vector<std::string>& ids,
                             const std::string& cursor) {
    const core::RecordMap cursors = cursors_in(journal.open_at_last(120s));
    const bool committed = cursors.contains("acme") && cursors.at("acme") == cursor;
    if (done.outcome != core::Outcome::lost) {
      EXPECT_EQ(committed, done.outcome == core::Outcome::committed);
    }
    EXPECT_NE(done.outcome, core::Outcome::refused) << done.detail;
    std::vector<std::string> expected = before;
    if (committed) expected.insert(expected.end(), ids.begin(), ids.end());
    std::ranges::sort(expected);
    EXPECT_EQ(place_.visible_ids(), expected) << to_string(done.outcome) << " " << done.detail;
  }

  Broker broker_;
  const Place place_;
};

TEST_F(Outage, BrokerThatCrashesDuringACommitAndComesBack) {
  PatientJournal journal(place_.settings());
  journal.open();
  const auto before = ids_of("before-", 10);
  ASSERT_EQ(journal.commit(place_.batch(before, "before")).outcome, core::Outcome::committed);
  const auto ids = ids_of("during-", 20'000);
  journal.begin_commit(place_.batch(ids, "during"));
  broker_.kill();
  broker_.start();
  expect_all_or_nothing(journal, journal.done_within(90s), before, ids, "during");
}

TEST_F(Outage, BrokerThatIsStoppedDuringACommitAndComesBack) {
  PatientJournal journal(place_.settings());
  journal.open();
  const auto before = ids_of("before-", 10);
  ASSERT_EQ(journal.commit(place_.batch(before, "before")).outcome, core::Outcome::committed);
  const auto ids = ids_of("during-", 20'000);
  journal.begin_commit(place_.batch(ids, "during"));
  broker_.stop();
  broker_.start();
  expect_all_or_nothing(journal, journal.done_within(90s), before, ids, "during");
}

// The broker stays away longer than a commit is tried; what was under way must not appear later.
TEST_F(Outage, CommitThatIsGivenUpIsWholeOrNotAtAllOnceTheBrokerIsBack) {
  PatientJournal journal(place_.settings());
  journal.open();
  const auto before = ids_of("before-", 10);
  ASSERT_EQ(journal.commit(place_.batch(before, "before")).outcome, core::Outcome::committed);
  broker_.kill();
  const auto ids = ids_of("during-", 1000);
  const core::JournalDone done = journal.commit(place_.batch(ids, "during"));
  EXPECT_NE(done.outcome, core::Outcome::committed);
  broker_.start();
  expect_all_or_nothing(journal, done, before, ids, "during");
  EXPECT_EQ(journal.commit(place_.batch({"after"}, "after")).outcome, core::Outcome::committed);
}

TEST_F(Outage, JournalEndsSoonWhateverItWasDoing) {
  PatientJournal resting(place_.settings(0));
  resting.open();
  PatientJournal committing(place_.settings(1));
  committing.open();
  broker_.kill();
  committing.begin_commit(place_.batch(ids_of("never-", 20'000), "never"));
  PatientJournal opening(place_.settings(0));
  opening.begin_open();
  EXPECT_FALSE(committing.event_within(2s)) << "it is to be destroyed in the middle of it";
  for (PatientJournal* journal : {&resting, &committing, &opening}) {
    const auto start = Steps::now();
    journal->destroy();
    EXPECT_LT(Steps::now() - start, 5s);
  }
  broker_.start();
  PatientJournal heir(place_.settings(1));
  EXPECT_THAT(cursors_in(heir.open_at_last(120s)), IsEmpty());
  EXPECT_THAT(place_.visible_ids(), IsEmpty());
}

}  // namespace
}  // namespace auditstream::test
