// A request that arrives when nobody counts on it any more.
#include <gmock/gmock.h>

#include "kafka/detour.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"

namespace auditstream::test {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr std::int16_t produce = 0;
constexpr std::int16_t end_transaction = 26;
constexpr std::int16_t invalid_producer_epoch = 47;

// KAFKA-17754: sent again over a new connection, the end of a transaction may arrive twice, the second time
// when half of the next transaction is in the log.
TEST(LateRequest, EndOfATransactionDoesNotEndTheNextOne) {
  Detour detour;
  const Broker broker({"advertised.listeners=PLAINTEXT://" + detour.address()});
  detour.lead_to(broker.bootstrap());
  const Place place(detour.address());
  PatientJournal journal(place.settings());
  journal.open();
  detour.keep_next(end_transaction);
  ASSERT_EQ(journal.commit(place.batch({"a"}, "1")).outcome, core::Outcome::committed);
  ASSERT_TRUE(detour.keeps());

  detour.deliver_between(produce);
  std::string expected = "1";
  for (int attempt = 0; expected == "1" && attempt < 3; ++attempt) {
    if (journal.commit(place.batch({"b"}, "2")).outcome == core::Outcome::committed) expected = "2";
    EXPECT_THAT(cursors_in(journal.open()), ElementsAre(Pair("acme", expected)));
  }
  EXPECT_THAT(place.visible_ids(), ElementsAre("a", "b"));
  EXPECT_EQ(detour.answer(), invalid_producer_epoch);
}

}  // namespace
}  // namespace auditstream::test
