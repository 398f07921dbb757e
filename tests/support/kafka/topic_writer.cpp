#include "support/kafka/topic_writer.h"

#include "support/kafka/handles.h"

namespace auditstream::test {
namespace {

constexpr int patience_ms = 30'000;

void* bytes_of(const std::string& text) { return const_cast<char*>(text.data()); }

}  // namespace

void write_records(const std::string& bootstrap, const std::vector<Record>& records) {
  const Handle handle = make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
  for (const Record& record : records) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers)
      rd_kafka_header_add(headers, name.data(), -1, value.data(), static_cast<ssize_t>(value.size()));
    const std::string key = record.key.value_or("");
    const std::string value = record.value.value_or("");
    const auto code = rd_kafka_producev(
        handle.get(), RD_KAFKA_V_TOPIC(record.topic.c_str()), RD_KAFKA_V_PARTITION(record.partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(bytes_of(key), key.size()),
        RD_KAFKA_V_VALUE(record.value.has_value() ? bytes_of(value) : nullptr, value.size()),
        RD_KAFKA_V_TIMESTAMP(record.timestamp_ms), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_headers_destroy(headers);
      fail("produce to " + record.topic, code);
    }
  }
  if (const auto code = rd_kafka_flush(handle.get(), patience_ms); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail("flush", code);
}

}  // namespace auditstream::test
