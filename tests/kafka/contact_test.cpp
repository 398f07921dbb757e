// Who owes an answer, and since when: of values first, then of brokers that don't answer.
#include "kafka/contact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "kafka/offsets_tail.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/kafka/topics.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using kafka::Contact;
using kafka::Owed;
using ::testing::HasSubstr;

constexpr Steady at(Duration moment) { return Steady{1h + moment}; }

TEST(Owed, CountsFromTheQuestionToItsAnswer) {
  Owed owed;
  EXPECT_FALSE(owed.since(at(0s)));
  owed.ask(at(1s));
  owed.ask(at(5s));
  EXPECT_EQ(owed.since(at(6s)), at(1s));
  owed.sign(at(7s));
  EXPECT_EQ(owed.since(at(8s)), at(7s));
  owed.rest();
  EXPECT_FALSE(owed.since(at(9s)));
}

TEST(Owed, WhoeverAsksWithoutEndIsSilentSinceTheLastAnswer) {
  Owed owed;
  owed.ask(at(0s));
  owed.answered(at(3s));
  owed.answered(at(2s));
  EXPECT_EQ(owed.since(at(9s)), at(3s));
}

TEST(Owed, WhatWasInVainCountsUntilItSucceeds) {
  Owed owed;
  owed.ask(at(0s));
  owed.in_vain(at(20s));
  owed.ask(at(30s));
  owed.sign(at(31s));
  EXPECT_EQ(owed.since(at(31s)), at(0s));
  owed.rest();
  owed.ask(at(40s));
  EXPECT_EQ(owed.since(at(41s)), at(40s));
}

TEST(Owed, WhatNobodyAsksForAnyMoreIsNotOwedForEver) {
  Owed owed;
  owed.ask(at(0s));
  owed.in_vain(at(20s));
  EXPECT_EQ(owed.since(at(79s)), at(0s));
  EXPECT_FALSE(owed.since(at(81s)));
  owed.ask(at(90s));
  EXPECT_EQ(owed.since(at(91s)), at(90s));
}

TEST(Contact, TellsOfTheLineThatHasWaitedLongestAndOfTheReasonThatIsKnown) {
  const auto contact = std::make_shared<Contact>();
  EXPECT_FALSE(contact->silence());
  Contact::Line commit(contact);
  commit.ask();
  commit.in_vain("timed out");
  const Steady since = contact->silence().value().since;
  Contact::Line tail(contact);
  tail.ask();
  EXPECT_EQ(contact->silence().value().since, since);
  EXPECT_EQ(contact->silence().value().why.message, "timed out");
  tail.failed(Error{"connection refused"});
  EXPECT_EQ(contact->silence().value().why.message, "connection refused");
  commit.rest();
  tail.rest();
  EXPECT_FALSE(contact->silence());
}

bool silent_for(const Contact& contact, Duration span) {
  const std::optional<kafka::Silence> silence = contact.silence();
  return silence && kafka::steady_now() - silence->since > span;
}

// The others answer whatever they are asked, but not for that one.
TEST(Contact, IsBrokenByOneLeaderThatNobodyReplaces) {
  Brokers brokers(3, {"default.replication.factor=1"});
  const std::string topic = name_of_this_test();
  create_topic(brokers.bootstrap(), topic, 3, {{"cleanup.policy", "compact"}});
  const auto contact = std::make_shared<Contact>();
  const kafka::Connection connection{{{"bootstrap.servers", brokers.bootstrap()}}, "tests"};
  const kafka::OffsetsTail tail({connection, topic, topic, 3, contact}, [](const kafka::OffsetsRecord&) {});
  until("they answer", 30s, [&] { return contact->silence() && !silent_for(*contact, 1s); });
  std::optional<int> leader;
  until("the partition has a leader", 30s,
        [&] { return (leader = leader_of(brokers.bootstrap(), topic, 0)).has_value(); });
  brokers.kill(*leader);
  until("one doesn't", 30s, [&] { return silent_for(*contact, 10s); });
  EXPECT_THAT(contact->silence()->why.message, HasSubstr("Connection refused"));
}

// It takes what is sent to it, and says nothing.
TEST(Contact, IsBrokenByABrokerThatHangs) {
  const Broker broker;
  const Place place(broker.bootstrap());
  kafka::JournalSettings settings = place.settings();
  PatientJournal journal(settings);
  journal.open();
  EXPECT_FALSE(settings.contact->silence());
  broker.signal(1, SIGSTOP);
  journal.begin_commit(place.batch({"one"}, "one"));
  until("the commit takes long", 30s, [&] { return silent_for(*settings.contact, 2s); });
  broker.signal(1, SIGCONT);
  EXPECT_EQ(journal.done_within(60s).outcome, core::Outcome::committed);
  EXPECT_FALSE(settings.contact->silence());
}

}  // namespace
}  // namespace auditstream::test
