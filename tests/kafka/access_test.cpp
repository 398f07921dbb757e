// What Kafka denies, in words; and who notices it on a real broker with an authorizer.
#include "kafka/access.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <set>

#include "kafka/client_release.h"
#include "kafka/cluster.h"
#include "kafka/connection_failure.h"
#include "kafka/group_membership.h"
#include "kafka/offsets_tail.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/acls.h"
#include "support/kafka/secured_broker.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using kafka::explain;
using kafka::Properties;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const Properties as_auditstream{{"sasl.username", "auditstream"}};

// --- words

TEST(AccessWords, AreACommandThatCanBeCopied) {
  using kafka::command_to_grant;
  EXPECT_EQ(
      command_to_grant(kafka::topic_access({"Describe"}, {"audit.tines"}), as_auditstream),
      "kafka-acls.sh --add --allow-principal User:auditstream --operation Describe --topic audit.tines");
  EXPECT_EQ(command_to_grant(kafka::topic_access({"Describe", "Write"}, {"a", "b"}), as_auditstream),
            "kafka-acls.sh --add --allow-principal User:auditstream --operation Describe --operation Write "
            "--topic a "
            "--topic b");
  EXPECT_EQ(command_to_grant(kafka::group_access("crowd"), as_auditstream),
            "kafka-acls.sh --add --allow-principal User:auditstream --operation Read --group crowd");
  EXPECT_EQ(command_to_grant(kafka::owner_access("crowd", "cursors"), as_auditstream),
            "kafka-acls.sh --add --allow-principal User:auditstream --operation Describe --operation Write "
            "--transactional-id crowd-cursors- --resource-pattern-type prefixed");
}

TEST(AccessWords, OddNamesAreQuoted) {
  EXPECT_THAT(kafka::command_to_grant(kafka::group_access("it's ours"), {{"sasl.username", "$me"}}),
              AllOf(HasSubstr("--allow-principal 'User:$me'"), EndsWith("--group 'it'\\''s ours'")));
}

TEST(AccessWords, TellWhoMayNotDoWhat) {
  EXPECT_THAT(
      kafka::denial(kafka::topic_access({"Write"}, {"a", "b"}), as_auditstream),
      StartsWith("Kafka denies User:auditstream Write on topic a, b: add the ACL with kafka-acls.sh "));
  EXPECT_THAT(
      kafka::denial(kafka::owner_access("crowd", "cursors"), {}),
      StartsWith("Kafka denies User:PRINCIPAL Describe, Write on transactional.id crowd-cursors-*: "));
}

TEST(ConnectionWords, NameTheSettingAndWhoMendsIt) {
  const Properties scram{{"sasl.mechanisms", "SCRAM-SHA-512"}, {"security.protocol", "SASL_SSL"}};
  const Error credentials = explain({RD_KAFKA_RESP_ERR__AUTHENTICATION, "invalid credentials"}, scram);
  EXPECT_EQ(credentials.kind, ErrorKind::misconfigured);
  EXPECT_THAT(credentials.message, StartsWith("invalid credentials; check kafka.sasl.username and "));
  const bool old_nonce = rd_kafka_version() < 0x020601ff;
  EXPECT_EQ(credentials.message.find("Kafka 4 refuses SCRAM") != std::string::npos, old_nonce);
  EXPECT_EQ(kafka::refused_by_kafka_4("SCRAM-SHA-256").has_value(), old_nonce);
  EXPECT_EQ(kafka::refused_by_kafka_4("PLAIN"), std::nullopt);
  EXPECT_THAT(
      explain({RD_KAFKA_RESP_ERR__AUTHENTICATION, "invalid credentials"}, {{"sasl.mechanism", "PLAIN"}})
          .message,
      Not(HasSubstr("SCRAM")));
  const Error mechanism = explain(
      {RD_KAFKA_RESP_ERR__AUTHENTICATION, "handshake failed: Unsupported SASL mechanism: PLAIN"}, scram);
  EXPECT_EQ(mechanism.kind, ErrorKind::misconfigured);
  EXPECT_THAT(mechanism.message, EndsWith("; set kafka.sasl.mechanism (SCRAM-SHA-512) to one of these"));
  const Error certificate = explain({RD_KAFKA_RESP_ERR__SSL, "certificate verify failed"}, scram);
  EXPECT_EQ(certificate.kind, ErrorKind::misconfigured);
  EXPECT_THAT(certificate.message,
              AllOf(HasSubstr("kafka.ssl.ca.location"), HasSubstr("kafka.bootstrap.servers")));
}

// librdkafka gives either of these errors for each, by chance.
TEST(ConnectionWords, TellWhatIsWrongWithACertificateWhateverTheErrorIs) {
  for (const auto& [code, text] :
       {std::pair{RD_KAFKA_RESP_ERR__SSL, "ssl://host:1/1: SSL handshake failed: certificate verify failed"},
        std::pair{
            RD_KAFKA_RESP_ERR__TRANSPORT,
            "ssl://host:1/1: SSL handshake failed: Disconnected: connecting to a PLAINTEXT listener?"}}) {
    for (const auto& [number, words] :
         {std::pair{20, "kafka.ssl.ca.location"}, std::pair{10, "has expired"},
          std::pair{9, "is not valid yet"}, std::pair{62, "kafka.bootstrap.servers"},
          std::pair{64, "kafka.bootstrap.servers"}, std::pair{99, "error 99"}}) {
      const Error error = explain({code, text, number}, {});
      EXPECT_EQ(error.kind, ErrorKind::misconfigured);
      EXPECT_THAT(error.message,
                  AllOf(StartsWith("ssl://host:1/1: "), HasSubstr(words), Not(HasSubstr("PLAIN"))));
    }
  }
}

TEST(ConnectionWords, LeaveInDoubtWhatABrokerThatStartsMayShow) {
  for (const auto& [code, text] :
       {std::pair{RD_KAFKA_RESP_ERR__SSL, "unexpected eof while reading"},
        std::pair{RD_KAFKA_RESP_ERR__TRANSPORT, "SSL handshake failed: Disconnected"},
        std::pair{RD_KAFKA_RESP_ERR__TRANSPORT,
                  "SSL routines::unexpected eof while reading (after 8ms in state SSL_HANDSHAKE)"},
        std::pair{RD_KAFKA_RESP_ERR__TRANSPORT, "incorrect security.protocol configuration"},
        std::pair{RD_KAFKA_RESP_ERR__TRANSPORT,
                  "host:1/1: Disconnected (after 2ms in state APIVERSION_QUERY)"},
        std::pair{RD_KAFKA_RESP_ERR__TRANSPORT,
                  "host:1/1: Disconnected (after 1999ms in state UP, 3 identical error(s) suppressed)"}}) {
    const Error error = explain({code, text}, {});
    EXPECT_EQ(error.kind, ErrorKind::uncertain);
    EXPECT_THAT(error.message, HasSubstr("check kafka.security.protocol (plaintext)"));
  }
  for (const auto& [protocol, text] :
       {std::pair{"SASL_SSL", "host:1/1: Disconnected (after 2ms in state APIVERSION_QUERY)"},
        std::pair{"sasl_plaintext", "host:1/1: Disconnected (after 2ms in state UP)"},
        std::pair{"plaintext", "host:1/1: Disconnected (after 2000ms in state UP)"}}) {
    EXPECT_EQ(explain({RD_KAFKA_RESP_ERR__TRANSPORT, text}, {{"security.protocol", protocol}}).kind,
              ErrorKind::unavailable);
  }
  const Error refused = explain({RD_KAFKA_RESP_ERR__TRANSPORT, "Connection refused"}, {});
  EXPECT_EQ(refused.kind, ErrorKind::unavailable);
  EXPECT_EQ(refused.message, "Connection refused");
}

// --- on a broker

// The topics of one test, for the user auditstream, who may do nothing yet.
class Denied : public testing::Test {
 protected:
  kafka::JournalSettings settings() const {
    kafka::JournalSettings settings = place_.settings();
    settings.connection.properties = broker_.client();
    settings.group = group();
    return settings;
  }
  std::string group() const { return place_.events() + "-group"; }
  std::string owner() const {
    return "--operation Describe --operation Write --transactional-id " + group() + "-" + place_.offsets() +
           "- --resource-pattern-type prefixed";
  }
  std::string cursors(const std::string& operation) const {
    return "--operation " + operation + " --topic " + place_.offsets();
  }
  std::string writing(const std::string& topic) const { return "--operation Write --topic " + topic; }

  static std::string command(const std::string& what) {
    return "kafka-acls.sh --add --allow-principal User:auditstream " + what;
  }
  void allow(const std::string& what) const { grant(broker_.bootstrap(), command(what)); }
  void take(const std::string& what) const { revoke(broker_.bootstrap(), command(what)); }
  void allow_all() const {
    for (const std::string& what : {owner(), cursors("Read"), cursors("Write"), writing(place_.events()),
                                    writing(place_.dead_letters()), "--operation Read --group " + group()}) {
      allow(what);
    }
  }

  const SecuredBroker& broker_ = SecuredBroker::shared();
  const Place place_{broker_.bootstrap()};
};

TEST_F(Denied, WhatABatchMayNotWriteToIsNamedAndTheBatchIsNotThere) {
  allow_all();
  PatientJournal journal(settings());
  journal.open();
  take(writing(place_.events()));
  const core::JournalDone done = journal.commit(place_.batch({"a"}, "1"));
  EXPECT_EQ(done.outcome, core::Outcome::lost);
  ASSERT_EQ(done.blocked.size(), 1u);
  EXPECT_EQ(done.blocked[0].topic, place_.events());
  // Nothing but Write gave the right to see it.
  EXPECT_THAT(done.detail,
              EndsWith(command("--operation Describe --operation Write --topic " + place_.events())));
  EXPECT_THAT(cursors_in(journal.open()), IsEmpty());
  EXPECT_THAT(place_.visible_ids(), IsEmpty());

  allow(writing(place_.events()));
  journal.open();
  EXPECT_EQ(journal.commit(place_.batch({"a"}, "1")).outcome, core::Outcome::committed);
  EXPECT_THAT(place_.visible_ids(), ElementsAre("a"));
}

TEST_F(Denied, WhatAShardMayNotDoKeepsItClosedUntilItMay) {
  allow_all();
  for (const std::string& missing : {owner(), cursors("Read"), cursors("Write")}) {
    SCOPED_TRACE(missing);
    take(missing);
    PatientJournal journal(settings());
    const auto end = journal.try_open();
    ASSERT_TRUE(std::holds_alternative<core::JournalFailed>(end));
    EXPECT_TRUE(std::get<core::JournalFailed>(end).error.lasts());
    EXPECT_THAT(std::get<core::JournalFailed>(end).error.message, HasSubstr(command(missing)));
    allow(missing);
    EXPECT_THAT(cursors_in(journal.open()), IsEmpty());
  }
}

TEST_F(Denied, AMemberSaysWhatItMayNotAndJoinsOnceItMay) {
  std::mutex mutex;
  std::set<int> has;
  std::vector<std::string> said;
  const kafka::GroupMembership member(
      kafka::MembershipSettings{settings().connection, group(), place_.offsets()},
      [&](const core::MembershipEvent& event) {
        const std::lock_guard lock(mutex);
        if (const auto* assigned = std::get_if<core::PartitionsAssigned>(&event)) {
          has.insert(assigned->partitions.begin(), assigned->partitions.end());
        } else {
          has.clear();
        }
      },
      [&](const core::Notice& say) {
        const std::lock_guard lock(mutex);
        if (say.level == core::Level::error) said.push_back(say.text);
      });
  const auto until_said = [&](const std::string& what) {
    until(what, 30s, [&] {
      const std::lock_guard lock(mutex);
      return std::ranges::any_of(said, [&](const std::string& text) { return text.ends_with(what); });
    });
  };
  const auto until_joined = [&] {
    until("all partitions", 30s, [&] {
      const std::lock_guard lock(mutex);
      return has.size() == Place::offsets_partitions;
    });
  };
  const std::string joining = "--operation Read --group " + group();
  until_said(command(joining));
  allow(joining);
  until_said(command("--operation Describe --operation Read --operation Write --topic " + place_.offsets()));
  allow(cursors("Read"));
  until_joined();
  {
    const std::lock_guard lock(mutex);
    said.clear();
  }
  take(joining);
  until_said(command(joining));
  allow(joining);
  until_joined();
}

TEST_F(Denied, AMemberThatIsDeniedForLongCostsNoMoreThanAtFirst) {
  std::atomic<bool> said = false;
  const kafka::GroupMembership member(
      kafka::MembershipSettings{settings().connection, group(), place_.offsets()},
      [](const core::MembershipEvent&) {}, [&](const core::Notice&) { said = true; });
  until("it says so", 30s, [&] { return said.load(); });
  const auto threads = [] {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
  };
  // Each attempt takes some seconds, and may leave a handle behind that can't be destroyed.
  let_pass(20s);
  const auto at_first = threads();
  auto most = at_first;
  const auto deadline = std::chrono::steady_clock::now() + 40s;
  while (std::chrono::steady_clock::now() < deadline) {
    let_pass(1s);
    most = std::max(most, threads());
  }
  EXPECT_LE(most, at_first + 8) << "the look's own handle";
  EXPECT_LE(threads(), at_first + 8);
}

TEST_F(Denied, TheTailAndALookAtCursorsNeedNoGroup) {
  allow_all();
  PatientJournal journal(settings());
  journal.begin_open();
  const std::string mark = std::get<core::JournalOpened>(journal.event_within(30s).value()).mark;
  take("--operation Read --group " + group());
  const kafka::Cluster cluster(settings().connection);
  const Result<std::vector<core::RecordMap>> offsets = cluster.read_offsets(place_.offsets(), 30s);
  ASSERT_TRUE(offsets.ok()) << offsets.error().message;
  EXPECT_TRUE(offsets->at(0).contains(std::string(core::owner_key)));

  take(cursors("Read"));
  std::mutex mutex;
  std::vector<std::string> marks;
  const kafka::OffsetsTail tail({settings().connection, group(), place_.offsets(), Place::offsets_partitions},
                                folded([&](const core::OffsetsEvent& event) {
                                  const std::lock_guard lock(mutex);
                                  if (const auto* owner = std::get_if<core::OwnerMark>(&event))
                                    marks.push_back(owner->mark);
                                }));
  const Result<std::vector<core::RecordMap>> denied = cluster.read_offsets(place_.offsets(), 30s);
  ASSERT_FALSE(denied.ok());
  EXPECT_EQ(denied.error().kind, ErrorKind::misconfigured);
  EXPECT_THAT(denied.error().message, EndsWith(command(cursors("Read"))));
  allow(cursors("Read"));
  until("the tail reads", 60s, [&] {
    const std::lock_guard lock(mutex);
    return std::ranges::count(marks, mark) == 1;
  });
}

}  // namespace
}  // namespace auditstream::test
