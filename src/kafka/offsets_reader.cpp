#include "kafka/offsets_reader.h"

#include <set>
#include <utility>

#include "kafka/access.h"

namespace auditstream::kafka {
namespace {

constexpr int read_ms = 200;

OffsetsRecord offsets_record(const rd_kafka_message_t& message) {
  OffsetsRecord record{
      message.partition, message.offset, {static_cast<const char*>(message.key), message.key_len}, {}, {}};
  if (message.payload != nullptr)
    record.value.emplace(static_cast<const char*>(message.payload), message.len);
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t millis = rd_kafka_message_timestamp(&message, &type);
  if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME) record.appended = Time{std::chrono::milliseconds(millis)};
  return record;
}

}  // namespace

Result<OffsetsReader> OffsetsReader::make(const Connection& connection, std::string topic,
                                          const std::string& group, Properties ours,
                                          const Properties& defaults, const Callbacks& callbacks) {
  ours.merge(Properties{{"group.id", group},
                        {"isolation.level", "read_committed"},
                        {"enable.auto.commit", "false"},
                        {"enable.auto.offset.store", "false"},
                        {"enable.partition.eof", "true"}});
  Result<ClientHandle> made = make_client(RD_KAFKA_CONSUMER, connection, ours, defaults, callbacks);
  if (!made.ok()) return made.error();
  rd_kafka_poll_set_consumer(made->get());
  return OffsetsReader(connection, std::move(topic), *std::move(made));
}

Status OffsetsReader::read(const Offsets& from, const Take& take, const GoOn& go_on, Until until) const {
  const PartitionListHandle partitions(rd_kafka_topic_partition_list_new(static_cast<int>(from.size())));
  for (const auto& [partition, offset] : from)
    rd_kafka_topic_partition_list_add(partitions.get(), topic_.c_str(), partition)->offset = offset;
  if (const auto error = rd_kafka_assign(consumer_.get(), partitions.get());
      error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Error{rd_kafka_err2str(error)};
  std::set<int> at_end;
  std::string why;
  while (until != Until::end || at_end.size() < from.size()) {
    if (!go_on()) return Error{why};
    const MessageHandle message(rd_kafka_consumer_poll(consumer_.get(), read_ms));
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      at_end.insert(message->partition);
    } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (!take(offsets_record(*message))) break;
    } else if (message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED && until != Until::stopped) {
      return Error{denial(topic_access({"Read"}, {topic_}), connection_.properties),
                   ErrorKind::misconfigured};
    } else {
      why = rd_kafka_message_errstr(message.get());
    }
  }
  return success();
}

}  // namespace auditstream::kafka
