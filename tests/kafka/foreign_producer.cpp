#include "kafka/foreign_producer.h"

#include <algorithm>

namespace auditstream::test {
namespace {

constexpr int patience_ms = 30'000;

using Problem = Owned<rd_kafka_error_t, rd_kafka_error_destroy>;

std::string name_of(rd_kafka_error_t* error) {
  const Problem problem(error);
  return problem == nullptr ? "" : rd_kafka_error_name(problem.get());
}

void must_work(const std::string& what, rd_kafka_error_t* error) {
  if (const std::string name = name_of(error); !name.empty()) throw std::runtime_error(what + ": " + name);
}

}  // namespace

ForeignProducer::ForeignProducer(const std::string& bootstrap, const std::string& transactional_id,
                                 std::chrono::milliseconds transaction_max) {
  const std::string max = std::to_string(transaction_max.count());
  // librdkafka wants neither of the other two to be longer.
  const std::string patience = std::to_string(std::min<std::int64_t>(transaction_max.count(), patience_ms));
  handle_ = make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap},
                                            {"transactional.id", transactional_id},
                                            {"transaction.timeout.ms", max},
                                            {"message.timeout.ms", patience},
                                            {"socket.timeout.ms", patience},
                                            {"log_level", "2"}});
  must_work("init_transactions", rd_kafka_init_transactions(handle_.get(), patience_ms));
}

void ForeignProducer::begin() { must_work("begin_transaction", rd_kafka_begin_transaction(handle_.get())); }

void ForeignProducer::produce(const std::string& topic, int partition, const std::string& key,
                              const std::optional<std::string>& value) {
  void* const bytes = value ? const_cast<char*>(value->data()) : nullptr;
  const std::size_t size = value ? value->size() : 0;
  const auto code =
      rd_kafka_producev(handle_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                        RD_KAFKA_V_VALUE(bytes, size), RD_KAFKA_V_END);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("produce to " + topic, code);
  if (const auto flushed = rd_kafka_flush(handle_.get(), patience_ms); flushed != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail("flush to " + topic, flushed);
}

std::string ForeignProducer::commit() {
  return name_of(rd_kafka_commit_transaction(handle_.get(), patience_ms));
}
std::string ForeignProducer::abort() {
  return name_of(rd_kafka_abort_transaction(handle_.get(), patience_ms));
}

}  // namespace auditstream::test
