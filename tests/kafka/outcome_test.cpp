// Which answer of a broker leads to which outcome.
#include <gmock/gmock.h>

#include <set>

#include "kafka/mock_cluster.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "vendor_apis/registry.h"

namespace auditstream::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

struct Injected {
  Api api;
  rd_kafka_resp_err_t error;
  core::Outcome outcome;
  int times = 1;
};

std::string name_of(Api api) {
  switch (api) {
    case Api::produce:
      return "Produce";
    case Api::find_coordinator:
      return "FindCoordinator";
    case Api::heartbeat:
      return "Heartbeat";
    case Api::init_producer_id:
      return "InitProducerId";
    case Api::add_partitions:
      return "AddPartitions";
    case Api::end_transaction:
      return "EndTransaction";
  }
  return "";
}

// The name of the parameter in the test's name.
std::string name_of_case(const testing::TestParamInfo<Injected>& info) {
  std::string name;
  for (const char* c = rd_kafka_err2name(info.param.error); *c != '\0'; ++c) {
    if (*c != '_') name += *c;
  }
  return name_of(info.param.api) + "_" + name + "_" + std::to_string(info.param.times);
}

class Outcomes : public testing::TestWithParam<Injected> {
 protected:
  Outcomes() {
    source_->name = "acme";
    source_->vendor = "tines";
    source_->api = vendor_apis::find_vendor("tines");
    source_->topic = "events";
    source_->dead_letter_topic = "dead-letters";
    cluster_.create_topic("events", 1);
    cluster_.create_topic("dead-letters", 1);
    cluster_.create_topic("offsets", 1);
  }

  kafka::JournalSettings settings() const {
    kafka::JournalSettings settings;
    settings.connection.properties["bootstrap.servers"] = cluster_.bootstrap();
    settings.connection.client_id = "kafka-tests";
    settings.group = "kafka-tests";
    settings.offsets_topic = "offsets";
    settings.instance = "tester";
    settings.topics = [] { return kafka::WritableTopics{.names = {"events", "dead-letters"}}; };
    settings.now = wall_clock;
    return settings;
  }

  core::Batch batch(const std::string& prefix) const {
    core::Unit unit;
    unit.source = source_;
    for (const std::string& id : ids_of(prefix, 3)) unit.events.push_back(event_of(id));
    unit.records.push_back({"acme", prefix});
    unit.now = wall_clock();
    core::Batch batch;
    batch.add(std::move(unit));
    return batch;
  }

  void commit_at_last(PatientJournal& journal, const std::string& prefix) const {
    core::JournalDone done = journal.commit(batch(prefix));
    for (int attempt = 0; done.outcome != core::Outcome::committed && attempt < 2; ++attempt) {
      journal.open();
      done = journal.commit(batch(prefix));
    }
    ASSERT_STREQ(to_string(done.outcome), "committed") << done.detail;
    expect_written(prefix);
  }

  // Committed means that all of it is there.
  void expect_written(const std::string& prefix) const {
    std::set<std::string, std::less<>> written;
    for (const Record& record : read_topic(cluster_.bootstrap(), "events"))
      written.emplace(record.header("ce_id"));
    for (const std::string& id : ids_of(prefix, 3)) EXPECT_THAT(written, Contains(id));
    std::set<std::string> cursors;
    // The mock takes what asks for two acknowledgements, which a broker refuses: a question after a denial is
    // found as a record without value.
    for (const Record& record : read_topic(cluster_.bootstrap(), "offsets"))
      cursors.insert(record.value.value_or(""));
    EXPECT_THAT(cursors, Contains(prefix));
  }

  MockCluster cluster_;
  const std::shared_ptr<Source> source_ = std::make_shared<Source>();
};

TEST_P(Outcomes, OfACommit) {
  PatientJournal journal(settings());
  journal.open();
  ASSERT_EQ(journal.commit(batch("before")).outcome, core::Outcome::committed);
  cluster_.answer(GetParam().api, std::vector<rd_kafka_resp_err_t>(static_cast<std::size_t>(GetParam().times),
                                                                   GetParam().error));
  core::Batch injected = batch("injected");
  // The first request meets the error, and a cursor's refusal is another matter: no event is to blame.
  if (GetParam().outcome == core::Outcome::refused) injected.units.front().records.clear();
  const core::JournalDone done = journal.commit(injected);
  EXPECT_STREQ(to_string(done.outcome), to_string(GetParam().outcome)) << done.detail;
  if (done.outcome == core::Outcome::committed) {
    expect_written("injected");
  } else {
    EXPECT_NE(done.detail, "");
  }

  // What a shard does then has to lead to a commit that holds everything: the same once more on a new handle.
  commit_at_last(journal, "injected");
  commit_at_last(journal, "after");
}

INSTANTIATE_TEST_SUITE_P(
    Retried, Outcomes,
    testing::Values(
        Injected{Api::produce, RD_KAFKA_RESP_ERR__TRANSPORT, core::Outcome::committed},
        Injected{Api::produce, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, core::Outcome::committed},
        Injected{Api::produce, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, core::Outcome::committed},
        Injected{Api::produce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, core::Outcome::committed, 3},
        Injected{Api::produce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, core::Outcome::committed},
        Injected{Api::produce, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, core::Outcome::committed},
        Injected{Api::produce, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, core::Outcome::committed},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR__TRANSPORT, core::Outcome::committed},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, core::Outcome::committed},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                 core::Outcome::committed},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, core::Outcome::committed},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, core::Outcome::committed},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, core::Outcome::committed, 5},
        Injected{Api::end_transaction, RD_KAFKA_RESP_ERR__TRANSPORT, core::Outcome::committed},
        Injected{Api::end_transaction, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, core::Outcome::committed},
        Injected{Api::end_transaction, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                 core::Outcome::committed, 8},
        Injected{Api::end_transaction, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, core::Outcome::committed},
        Injected{Api::end_transaction, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, core::Outcome::committed}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Refused, Outcomes,
    testing::Values(Injected{Api::produce, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, core::Outcome::refused},
                    Injected{Api::produce, RD_KAFKA_RESP_ERR_INVALID_RECORD, core::Outcome::refused}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Lost, Outcomes,
    testing::Values(
        Injected{Api::produce, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, core::Outcome::lost},
        Injected{Api::produce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, core::Outcome::lost},
        Injected{Api::produce, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, core::Outcome::lost},
        Injected{Api::produce, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, core::Outcome::lost},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, core::Outcome::lost},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, core::Outcome::lost},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, core::Outcome::lost},
        Injected{Api::end_transaction, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, core::Outcome::lost},
        Injected{Api::end_transaction, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, core::Outcome::lost},
        Injected{Api::produce, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, core::Outcome::lost},
        Injected{Api::produce, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, core::Outcome::fenced},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, core::Outcome::fenced},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, core::Outcome::fenced},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, core::Outcome::lost},
        Injected{Api::add_partitions, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                 core::Outcome::lost},
        Injected{Api::end_transaction, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, core::Outcome::fenced},
        Injected{Api::end_transaction, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, core::Outcome::fenced},
        Injected{Api::end_transaction, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, core::Outcome::lost},
        Injected{Api::end_transaction, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                 core::Outcome::lost}),
    name_of_case);

// Whether it has happened is not known: the cursor tells, once somebody has opened the partition again.
using Unanswered = Outcomes;
TEST_F(Unanswered, TheEndOfATransactionIsNoSuccess) {
  PatientJournal journal(settings());
  journal.open();
  cluster_.answer(Api::end_transaction,
                  std::vector<rd_kafka_resp_err_t>(100'000, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS));
  const core::JournalDone done = journal.commit(batch("injected"));
  EXPECT_STREQ(to_string(done.outcome), "lost") << done.detail;
  EXPECT_TRUE(done.timed_out);
  cluster_.answer_well(Api::end_transaction);
  commit_at_last(journal, "injected");
}

class Openings : public Outcomes {};

// What passes by itself.
TEST_P(Openings, GetThrough) {
  cluster_.answer(GetParam().api, std::vector<rd_kafka_resp_err_t>(static_cast<std::size_t>(GetParam().times),
                                                                   GetParam().error));
  PatientJournal journal(settings());
  EXPECT_THAT(cursors_in(journal.open()), IsEmpty());
  EXPECT_EQ(journal.commit(batch("first")).outcome, core::Outcome::committed);
}

INSTANTIATE_TEST_SUITE_P(
    Retried, Openings,
    testing::Values(Injected{Api::init_producer_id, RD_KAFKA_RESP_ERR__TRANSPORT, core::Outcome::committed},
                    Injected{Api::init_producer_id, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
                             core::Outcome::committed, 3},
                    Injected{Api::init_producer_id, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                             core::Outcome::committed, 3},
                    Injected{Api::init_producer_id, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
                             core::Outcome::committed},
                    Injected{Api::init_producer_id, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                             core::Outcome::committed}),
    name_of_case);

class Mistakes : public Outcomes {};

// What only a person can mend.
TEST_P(Mistakes, AreSaidAtOnce) {
  cluster_.answer(GetParam().api, {GetParam().error});
  PatientJournal journal(settings());
  const auto end = journal.try_open();
  ASSERT_TRUE(std::holds_alternative<core::JournalFailed>(end));
  EXPECT_TRUE(std::get<core::JournalFailed>(end).error.lasts());
  EXPECT_THAT(std::get<core::JournalFailed>(end).error.message, HasSubstr("kafka-tests-offsets-0"));
  EXPECT_THAT(cursors_in(journal.open()), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Fatal, Mistakes,
    testing::Values(
        Injected{Api::init_producer_id, RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, core::Outcome::lost},
        Injected{Api::init_producer_id, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                 core::Outcome::lost},
        Injected{Api::init_producer_id, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, core::Outcome::lost}),
    name_of_case);

// The mark and nothing else makes an open: one that can't be committed is a failed open, not an empty one.
using Marks = Outcomes;
TEST_F(Marks, ThatFailFailTheOpen) {
  cluster_.answer(Api::end_transaction, {RD_KAFKA_RESP_ERR_PRODUCER_FENCED});
  PatientJournal journal(settings());
  const auto end = journal.try_open();
  ASSERT_TRUE(std::holds_alternative<core::JournalFailed>(end));
  EXPECT_FALSE(std::get<core::JournalFailed>(end).error.lasts());
  EXPECT_THAT(cursors_in(journal.open()), IsEmpty());
}

}  // namespace
}  // namespace auditstream::test
