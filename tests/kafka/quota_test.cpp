// A quota lets a client write so many bytes a second: what is too much at once is known as such, and less
// gets through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"

namespace auditstream::test {
namespace {

TEST(Quota, ABatchThatDoesNotGetInIsKnownAndASmallerOneDoes) {
  const Broker broker;
  const Place place(broker.bootstrap());
  broker.limit_producers(50'000);
  PatientJournal journal(place.settings());
  journal.open();
  const auto events_of = [&](const std::string& prefix, int count) {
    core::Unit unit;
    for (const std::string& id : ids_of(prefix, count))
      unit.events.push_back(event_of(id, incompressible_json(50'000), wall_clock()));
    return place.batch_of(std::move(unit));
  };
  const core::JournalDone large = journal.commit(events_of("large", 100));
  EXPECT_EQ(large.outcome, core::Outcome::lost);
  EXPECT_TRUE(large.timed_out) << large.detail;
  journal.open_at_last(60s);
  const core::JournalDone small = journal.commit(events_of("small", 2));
  EXPECT_EQ(small.outcome, core::Outcome::committed) << small.detail;
  EXPECT_EQ(place.visible_ids(), ids_of("small", 2));
}

}  // namespace
}  // namespace auditstream::test
