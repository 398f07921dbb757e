// Topics that are not there, or go while they are written to: nothing is taken for committed, and it goes on
// when they are there.
#include <gmock/gmock.h>

#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/kafka/topics.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using testing::ElementsAre;
using testing::Pair;

// A broker that makes no topic by itself.
class Topics : public testing::Test {
 protected:
  Topics() : place_(broker_.bootstrap()) {}

  void make_again() {
    create_topic(place_.bootstrap(), place_.events(), Place::event_partitions, {{"retention.ms", "-1"}});
  }

  Broker broker_{{"auto.create.topics.enable=false"}};
  const Place place_;
};

TEST_F(Topics, ThatIsMissingHoldsBackTheCursorTooUntilItIsMade) {
  delete_topic(place_.bootstrap(), place_.events());
  PatientJournal journal(place_.settings());
  journal.open();
  EXPECT_NE(journal.commit(place_.batch({"lost"}, "lost")).outcome, core::Outcome::committed);
  EXPECT_THAT(cursors_in(journal.open_at_last(60s)), testing::IsEmpty());
  make_again();
  EXPECT_EQ(journal.commit(place_.batch({"kept"}, "kept")).outcome, core::Outcome::committed);
  EXPECT_THAT(cursors_in(journal.open_at_last(60s)), ElementsAre(Pair("acme", "kept")));
  EXPECT_THAT(place_.visible_ids(), ElementsAre("kept"));
}

TEST_F(Topics, ThatIsDeletedUnderARunningProducer) {
  PatientJournal journal(place_.settings());
  journal.open();
  ASSERT_EQ(journal.commit(place_.batch({"first"}, "first")).outcome, core::Outcome::committed);
  delete_topic(place_.bootstrap(), place_.events());
  const core::JournalDone done = journal.commit(place_.batch({"lost"}, "lost"));
  EXPECT_NE(done.outcome, core::Outcome::committed);
  ASSERT_EQ(done.blocked.size(), 1u) << done.detail;
  EXPECT_EQ(done.blocked[0].topic, place_.events());
  EXPECT_THAT(cursors_in(journal.open_at_last(60s)), ElementsAre(Pair("acme", "first")));
  make_again();
  EXPECT_EQ(journal.commit(place_.batch({"second"}, "second")).outcome, core::Outcome::committed);
  EXPECT_THAT(place_.visible_ids(), ElementsAre("second"));
}

}  // namespace
}  // namespace auditstream::test
