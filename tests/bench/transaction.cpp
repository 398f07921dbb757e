#include "bench/transaction.h"

#include <chrono>

#include "auditstream/time.h"

namespace auditstream::bench {

using namespace auditstream::test;

namespace {

constexpr int init_ms = 30'000;
constexpr int queue_full_ms = 10;

void check(rd_kafka_error_t* error) {
  const Owned<rd_kafka_error_t, rd_kafka_error_destroy> owned(error);
  if (owned != nullptr) throw std::runtime_error(rd_kafka_error_string(owned.get()));
}

void add(rd_kafka_headers_t* headers, std::string_view name, std::string_view value) {
  rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                      static_cast<ssize_t>(value.size()));
}

rd_kafka_headers_t* headers_of(const Event& event) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(6);
  add(headers, "ce_specversion", "1.0");
  add(headers, "ce_id", event.id);
  add(headers, "ce_source", "urn:auditstream:tines:bench");
  add(headers, "ce_type", "auditstream.tines.event");
  add(headers, "ce_time", event.created_at);
  add(headers, "content-type", "application/json");
  return headers;
}

std::int64_t timestamp_ms(const Event& event) {
  const auto time = parse_event_time(event.created_at);
  if (!time) throw std::runtime_error("no time: " + std::string(event.created_at));
  return std::chrono::floor<std::chrono::milliseconds>(*time).time_since_epoch().count();
}

}  // namespace

Transactions::Transactions(const std::string& bootstrap, const std::string& topic, std::size_t events_max,
                           bool headers)
    : events_max_(events_max),
      headers_(headers),
      producer_(make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap},
                                                {"transactional.id", topic},
                                                {"partitioner", "murmur2_random"},
                                                {"compression.type", "lz4"},
                                                {"socket.nagle.disable", "true"},
                                                {"log_level", "3"},
                                                {"batch.size", "1000000"},
                                                {"queue.buffering.max.messages", "100000"},
                                                {"queue.buffering.max.kbytes", "32768"}})),
      topic_(rd_kafka_topic_new(producer_.get(), topic.c_str(), nullptr)) {
  check(rd_kafka_init_transactions(producer_.get(), init_ms));
}

void Transactions::produce(const Event& event) {
  if (open_ == 0) check(rd_kafka_begin_transaction(producer_.get()));
  rd_kafka_headers_t* const headers = headers_ ? headers_of(event) : nullptr;
  while (const auto error = rd_kafka_producev(
             producer_.get(), RD_KAFKA_V_RKT(topic_.get()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
             RD_KAFKA_V_KEY(event.id.data(), event.id.size()),
             RD_KAFKA_V_VALUE(const_cast<char*>(event.raw.data()), event.raw.size()),
             RD_KAFKA_V_TIMESTAMP(timestamp_ms(event)), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END)) {
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("produce", error);
    rd_kafka_poll(producer_.get(), queue_full_ms);
  }
  if (++open_ == events_max_) finish();
}

void Transactions::finish() {
  if (open_ == 0) return;
  check(rd_kafka_commit_transaction(producer_.get(), -1));
  committed_ += open_;
  open_ = 0;
}

}  // namespace auditstream::bench
