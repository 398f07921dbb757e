#include "kafka/access_probe.h"

#include <algorithm>
#include <limits>
#include <map>

namespace auditstream::kafka {
namespace {

constexpr int patience_ms = 5000;
// librdkafka 2.0.2 aborts the process if a request's coordinator is found after the request has timed out
// (rd_kafka_enq_once_del_source_return). So no request times out: we give up first and destroy the handle.
constexpr int longer_than_we_wait_ms = 60'000;

using Errors = std::map<std::string, rd_kafka_resp_err_t>;

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  (*static_cast<Errors*>(opaque))[rd_kafka_topic_name(message->rkt)] = message->err;
}

// The topics for which the metadata has this error.
std::vector<std::string> topics_with(rd_kafka_resp_err_t error, const Connection& connection,
                                     const std::vector<std::string>& topics) {
  std::vector<std::string> found;
  const Result<ClientHandle> made = make_client(RD_KAFKA_PRODUCER, connection, {}, {});
  if (!made.ok()) return found;
  for (const std::string& name : topics) {
    const TopicHandle topic(rd_kafka_topic_new(made->get(), name.c_str(), nullptr));
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(made->get(), 0, topic.get(), &metadata, patience_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
      return found;
    if (metadata->topic_cnt == 1 && metadata->topics[0].err == error) found.push_back(name);
    rd_kafka_metadata_destroy(metadata);
  }
  return found;
}

}  // namespace

// A broker first checks whether we may write, then refuses acks=2 as invalid (INVALID_REQUIRED_ACKS). So
// nothing is ever written.
std::vector<std::string> unwritable(const Connection& connection, const std::vector<std::string>& topics) {
  Errors errors;
  const Result<ClientHandle> made =
      make_client(RD_KAFKA_PRODUCER, connection,
                  {{"acks", "2"}, {"retries", "0"}, {"message.timeout.ms", std::to_string(patience_ms)}}, {},
                  Callbacks{.opaque = &errors, .delivered = &on_delivery});
  if (!made.ok()) return {};
  std::vector<TopicHandle> handles;
  for (const std::string& topic : topics) {
    handles.emplace_back(rd_kafka_topic_new(made->get(), topic.c_str(), nullptr));
    rd_kafka_producev(made->get(), RD_KAFKA_V_RKT(handles.back().get()), RD_KAFKA_V_PARTITION(0),
                      RD_KAFKA_V_VALUE(nullptr, 0), RD_KAFKA_V_END);
  }
  rd_kafka_flush(made->get(), patience_ms);
  handles.clear();
  std::vector<std::string> denied;
  for (const auto& [topic, error] : errors) {
    if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) denied.push_back(topic);
  }
  return denied;
}

std::vector<std::string> invisible(const Connection& connection, const std::vector<std::string>& topics) {
  return topics_with(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, connection, topics);
}

std::vector<std::string> missing(const Connection& connection, const std::vector<std::string>& topics) {
  return topics_with(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, connection, topics);
}

std::vector<Access> writing_denied(const Connection& connection, const std::vector<std::string>& topics) {
  std::vector<Access> denied;
  const std::vector<std::string> hidden = invisible(connection, topics);
  if (!hidden.empty()) denied.push_back(topic_access({"Describe", "Write"}, hidden));
  std::vector<std::string> seen;
  std::ranges::copy_if(topics, std::back_inserter(seen),
                       [&](const std::string& topic) { return std::ranges::count(hidden, topic) == 0; });
  const std::vector<std::string> read_only = unwritable(connection, seen);
  if (!read_only.empty()) denied.push_back(topic_access({"Write"}, read_only));
  return denied;
}

// Commits an offset for a partition that doesn't exist: a broker first checks whether we may read the group,
// then whether we may read the topic, and then finds nothing to do.
std::vector<Access> membership_denied(const Connection& connection, const std::string& group,
                                      const std::string& offsets_topic) {
  const Result<ClientHandle> made = make_client(RD_KAFKA_PRODUCER, connection, {}, {});
  if (!made.ok()) return {};
  rd_kafka_t* client = made->get();
  const PartitionListHandle nowhere(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(nowhere.get(), offsets_topic.c_str(),
                                    std::numeric_limits<std::int32_t>::max())
      ->offset = 0;
  const AlterOffsetsHandle alteration(rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), nowhere.get()));
  const AdminOptionsHandle options(
      rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), longer_than_we_wait_ms, nullptr, 0);
  const QueueHandle queue(rd_kafka_queue_new(client));
  rd_kafka_AlterConsumerGroupOffsets_t* alterations[] = {alteration.get()};
  rd_kafka_AlterConsumerGroupOffsets(client, alterations, 1, options.get(), queue.get());
  const EventHandle event(rd_kafka_queue_poll(queue.get(), patience_ms));
  if (!event) return {};
  std::vector<rd_kafka_resp_err_t> errors{rd_kafka_event_error(event.get())};
  if (const auto* result = rd_kafka_event_AlterConsumerGroupOffsets_result(event.get())) {
    std::size_t count = 0;
    const rd_kafka_group_result_t** groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &count);
    for (std::size_t i = 0; i < count; ++i) {
      if (const rd_kafka_error_t* error = rd_kafka_group_result_error(groups[i]))
        errors.push_back(rd_kafka_error_code(error));
      const rd_kafka_topic_partition_list_t* partitions = rd_kafka_group_result_partitions(groups[i]);
      for (int j = 0; partitions != nullptr && j < partitions->cnt; ++j)
        errors.push_back(partitions->elems[j].err);
    }
  }
  std::vector<Access> denied;
  if (std::ranges::count(errors, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) > 0)
    denied.push_back(group_access(group));
  if (std::ranges::count(errors, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) > 0)
    denied.push_back(topic_access({"Read"}, {offsets_topic}));
  return denied;
}

// Under a transactional.id of its own, which fences nobody.
bool ownership_denied(const Connection& connection, const std::string& group,
                      const std::string& offsets_topic) {
  const Result<ClientHandle> made =
      make_client(RD_KAFKA_PRODUCER, connection,
                  {{"transactional.id", transactional_id_prefix(group, offsets_topic) + "check"},
                   {"transaction.timeout.ms", "10000"},
                   {"message.timeout.ms", "10000"},
                   {"socket.timeout.ms", "10000"}},
                  {});
  if (!made.ok()) return false;
  const ErrorHandle error(rd_kafka_init_transactions(made->get(), patience_ms));
  return error && rd_kafka_error_code(error.get()) == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
}

}  // namespace auditstream::kafka
