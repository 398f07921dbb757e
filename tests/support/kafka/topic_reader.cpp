#include "support/kafka/topic_reader.h"

#include <algorithm>
#include <stdexcept>

#include "support/kafka/handles.h"

namespace auditstream::test {
namespace {

constexpr int request_timeout_ms = 10'000;

Handle open(const std::string& bootstrap, const char* isolation_level) {
  return make_handle(RD_KAFKA_CONSUMER,
                     {{"bootstrap.servers", bootstrap},
                      {"isolation.level", isolation_level},
                      {"group.id", "topic-reader"},  // the library asks for one; no group is joined
                      {"enable.auto.commit", "false"},
                      {"enable.partition.eof", "true"},
                      {"auto.offset.reset", "earliest"},
                      {"fetch.wait.max.ms", "10"},
                      {"allow.auto.create.topics", "false"},
                      {"log_level", "2"}});
}

std::optional<std::string> bytes(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(data), size);
}

Record to_record(const rd_kafka_message_t& message) {
  Record record;
  record.topic = rd_kafka_topic_name(message.rkt);
  record.partition = message.partition;
  record.offset = message.offset;
  rd_kafka_timestamp_type_t type{};
  record.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
  record.key = bytes(message.key, message.key_len);
  record.value = bytes(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
      record.headers.emplace_back(name, bytes(value, size).value_or(""));
    }
  }
  return record;
}

}  // namespace

std::string_view Record::header(std::string_view name) const {
  for (const auto& [header, value] : headers) {
    if (header == name) return value;
  }
  return "";
}

TopicReader::TopicReader(std::string bootstrap, std::vector<std::string> topics)
    : bootstrap_(std::move(bootstrap)),
      topics_(std::move(topics)),
      consumer_(open(bootstrap_, "read_committed").release(), rd_kafka_destroy) {
  rd_kafka_poll_set_consumer(consumer_.get());
  assign_new_partitions();
}

TopicReader::~TopicReader() = default;

void TopicReader::assign_new_partitions() {
  const Partitions added(rd_kafka_topic_partition_list_new(16));
  for (const std::string& name : topics_) {
    const Topic topic(rd_kafka_topic_new(consumer_.get(), name.c_str(), nullptr));
    const rd_kafka_metadata_t* answer = nullptr;
    const auto code = rd_kafka_metadata(consumer_.get(), 0, topic.get(), &answer, request_timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("metadata of " + name, code);
    const Metadata metadata(const_cast<rd_kafka_metadata_t*>(answer));
    for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
      const std::int32_t id = metadata->topics[0].partitions[i].id;
      if (!reached_.try_emplace({name, id}, 0).second) continue;
      rd_kafka_topic_partition_list_add(added.get(), name.c_str(), id)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
  }
  if (added->cnt == 0) return;
  rd_kafka_error_t* error = rd_kafka_incremental_assign(consumer_.get(), added.get());
  if (error != nullptr) {
    const auto code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    fail("assign", code);
  }
}

std::optional<Record> TopicReader::next(std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const Message message(
        rd_kafka_consumer_poll(consumer_.get(), static_cast<int>(std::max(left, decltype(left){0}))));
    if (message == nullptr) {
      assign_new_partitions();
      return std::nullopt;
    }
    switch (message->err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        reached_[{rd_kafka_topic_name(message->rkt), message->partition}] = message->offset + 1;
        return to_record(*message);
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        reached_[{rd_kafka_topic_name(message->rkt), message->partition}] = message->offset;
        break;
      case RD_KAFKA_RESP_ERR__TRANSPORT:
      case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        break;  // Kafka restarts, or a topic is younger than its metadata
      default:
        fail("consume", message->err);
    }
    if (left <= 0) return std::nullopt;
  }
}

// With read_uncommitted the end of a partition is its high watermark, whatever is still open below it. A
// handle of its own, placed at the end and asked where that is: rd_kafka_query_watermark_offsets waits for
// ever for a leader that has died, and a handle that has lived through a restart may ask the wrong one
// (librdkafka 2.0.2).
std::map<TopicReader::Partition, std::int64_t> TopicReader::ends(Clock::time_point deadline) const {
  const Handle handle = open(bootstrap_, "read_uncommitted");
  rd_kafka_poll_set_consumer(handle.get());
  const rd_kafka_metadata_t* answer = nullptr;  // to know the leaders beforehand saves half a second
  if (rd_kafka_metadata(handle.get(), 1, nullptr, &answer, request_timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_metadata_destroy(answer);
  const Partitions partitions(rd_kafka_topic_partition_list_new(16));
  for (const auto& [partition, reached] : reached_) {
    rd_kafka_topic_partition_list_add(partitions.get(), partition.first.c_str(), partition.second)->offset =
        RD_KAFKA_OFFSET_END;
  }
  if (const auto code = rd_kafka_assign(handle.get(), partitions.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail("assign", code);
  std::map<Partition, std::int64_t> ends;
  while (ends.size() < reached_.size()) {
    if (Clock::now() > deadline) throw std::runtime_error("nobody tells where the topics end");
    const Message message(rd_kafka_consumer_poll(handle.get(), 100));
    if (message == nullptr || message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    ends[{rd_kafka_topic_name(message->rkt), message->partition}] = message->offset;
  }
  return ends;
}

std::vector<Record> TopicReader::rest(std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  assign_new_partitions();
  const std::map<Partition, std::int64_t> ends = this->ends(deadline);
  const auto complete = [&] {
    for (const auto& [partition, end] : ends) {
      if (reached_.at(partition) < end) return false;
    }
    return true;
  };
  std::vector<Record> records;
  while (!complete()) {
    if (Clock::now() > deadline) throw std::runtime_error("the end of the topic is not reached in time");
    if (auto record = next(std::chrono::milliseconds(20))) records.push_back(std::move(*record));
  }
  return records;
}

std::vector<Record> read_topic(const std::string& bootstrap, const std::string& topic,
                               std::chrono::milliseconds patience) {
  return TopicReader(bootstrap, {topic}).rest(patience);
}

}  // namespace auditstream::test
