#include "support/kafka/topics.h"

#include <span>
#include <sstream>

#include "support/kafka/handles.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

constexpr int admin_timeout_ms = 30'000;
constexpr int a_moment_ms = 3000;

using Queue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using NewTopic = Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using DeletedTopic = Owned<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy>;
using Resource = Owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;

Event answer(const Queue& queue, const std::string& what) {
  Event event(rd_kafka_queue_poll(queue.get(), admin_timeout_ms));
  if (event == nullptr) throw std::runtime_error(what + ": no answer");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail(what, rd_kafka_event_error(event.get()));
  return event;
}

// Null if there is no answer in time.
Metadata metadata_of(rd_kafka_t* handle, rd_kafka_topic_t* topic, int patience_ms) {
  const rd_kafka_metadata_t* found = nullptr;
  if (rd_kafka_metadata(handle, topic == nullptr ? 1 : 0, topic, &found, patience_ms) !=
      RD_KAFKA_RESP_ERR_NO_ERROR)
    return nullptr;
  return Metadata(const_cast<rd_kafka_metadata_t*>(found));
}

bool all_in_sync(const rd_kafka_metadata_t& metadata) {
  for (const auto& topic : std::span(metadata.topics, static_cast<std::size_t>(metadata.topic_cnt))) {
    for (const auto& partition : std::span(topic.partitions, static_cast<std::size_t>(topic.partition_cnt))) {
      if (partition.leader < 0 || partition.isr_cnt < partition.replica_cnt) return false;
    }
  }
  return true;
}

}  // namespace

void create_topic(const std::string& bootstrap, const std::string& name, int partitions,
                  const std::map<std::string, std::string>& config, std::vector<std::int32_t> nodes) {
  const Handle handle = make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
  const Queue queue(rd_kafka_queue_new(handle.get()));
  const NewTopic topic(rd_kafka_NewTopic_new(name.c_str(), partitions, -1, nullptr, 0));
  for (const auto& [key, value] : config)
    rd_kafka_NewTopic_set_config(topic.get(), key.c_str(), value.c_str());
  for (int partition = 0; !nodes.empty() && partition < partitions; ++partition) {
    char why[256];
    const auto code = rd_kafka_NewTopic_set_replica_assignment(topic.get(), partition, nodes.data(),
                                                               nodes.size(), why, sizeof why);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("create topic " + name + ": " + why, code);
  }
  rd_kafka_NewTopic_t* topics[] = {topic.get()};
  rd_kafka_CreateTopics(handle.get(), topics, 1, nullptr, queue.get());
  const Event event = answer(queue, "create topic " + name);
  std::size_t count = 0;
  const auto* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  const auto code = rd_kafka_topic_result_error(results[0]);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("create topic " + name, code);
  until("topic " + name + " is visible", std::chrono::milliseconds(admin_timeout_ms),
        [&] { return partition_count(bootstrap, name) == partitions; });
}

void delete_topic(const std::string& bootstrap, const std::string& name) {
  const Handle handle = make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
  const Queue queue(rd_kafka_queue_new(handle.get()));
  const DeletedTopic topic(rd_kafka_DeleteTopic_new(name.c_str()));
  rd_kafka_DeleteTopic_t* topics[] = {topic.get()};
  rd_kafka_DeleteTopics(handle.get(), topics, 1, nullptr, queue.get());
  const Event event = answer(queue, "delete topic " + name);
  std::size_t count = 0;
  const auto* results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  const auto code = rd_kafka_topic_result_error(results[0]);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("delete topic " + name, code);
  until("topic " + name + " is gone", std::chrono::milliseconds(admin_timeout_ms),
        [&] { return partition_count(bootstrap, name) == 0; });
}

void add_partitions(const std::string& bootstrap, const std::string& topic, int total) {
  const Handle handle = make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
  const Queue queue(rd_kafka_queue_new(handle.get()));
  char reason[256];
  const Owned<rd_kafka_NewPartitions_t, rd_kafka_NewPartitions_destroy> order(
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(total), reason, sizeof reason));
  rd_kafka_NewPartitions_t* orders[] = {order.get()};
  rd_kafka_CreatePartitions(handle.get(), orders, 1, nullptr, queue.get());
  const Event event = answer(queue, "more partitions of " + topic);
  std::size_t count = 0;
  const auto* results =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
  if (const auto code = rd_kafka_topic_result_error(results[0]); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail("more partitions of " + topic, code);
  until(topic + " has " + std::to_string(total) + " partitions", std::chrono::seconds(30),
        [&] { return partition_count(bootstrap, topic) == total; });
}

void delete_records(const std::string& bootstrap, const std::string& topic, int partition,
                    std::int64_t before) {
  const Handle handle = make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
  const Queue queue(rd_kafka_queue_new(handle.get()));
  const Partitions partitions(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(partitions.get(), topic.c_str(), partition)->offset = before;
  const Owned<rd_kafka_DeleteRecords_t, rd_kafka_DeleteRecords_destroy> order(
      rd_kafka_DeleteRecords_new(partitions.get()));
  rd_kafka_DeleteRecords_t* orders[] = {order.get()};
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  until("the broker has heard of the topic's cleanup.policy", std::chrono::seconds(30), [&] {
    rd_kafka_DeleteRecords(handle.get(), orders, 1, nullptr, queue.get());
    const Event event = answer(queue, "delete records of " + topic);
    code =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()))->elems[0].err;
    return code != RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
  });
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("delete records of " + topic, code);
}

void alter_topic(const std::string& bootstrap, const std::string& topic, const std::string& name,
                 const std::string& value) {
  const Handle handle = make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
  const Queue queue(rd_kafka_queue_new(handle.get()));
  const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd_kafka_ConfigResource_set_config(resource.get(), name.c_str(), value.c_str());
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  rd_kafka_AlterConfigs(handle.get(), resources, 1, nullptr, queue.get());
  const Event event = answer(queue, "properties of " + topic);
  std::size_t count = 0;
  const auto* results =
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event.get()), &count);
  if (const auto code = rd_kafka_ConfigResource_error(results[0]); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail("properties of " + topic, code);
}

std::string topic_property(const std::string& bootstrap, const std::string& topic, const std::string& name) {
  const Handle handle = make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
  const Queue queue(rd_kafka_queue_new(handle.get()));
  const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  rd_kafka_DescribeConfigs(handle.get(), resources, 1, nullptr, queue.get());
  const Event event = answer(queue, "properties of " + topic);
  std::size_t count = 0;
  const auto* results =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  const auto code = rd_kafka_ConfigResource_error(results[0]);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("properties of " + topic, code);
  const auto* entries = rd_kafka_ConfigResource_configs(results[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (rd_kafka_ConfigEntry_name(entries[i]) == name) return value == nullptr ? "" : value;
  }
  return "";
}

int partition_count(const std::string& bootstrap, const std::string& topic) {
  // Asking must not make it.
  const Handle handle = make_handle(
      RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}, {"allow.auto.create.topics", "false"}});
  const Topic wanted(rd_kafka_topic_new(handle.get(), topic.c_str(), nullptr));
  const rd_kafka_metadata_t* found = nullptr;
  const auto code = rd_kafka_metadata(handle.get(), 0, wanted.get(), &found, admin_timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("metadata of " + topic, code);
  const Metadata metadata(const_cast<rd_kafka_metadata_t*>(found));
  return metadata->topics[0].partition_cnt;
}

std::int64_t log_end(const std::string& bootstrap, const std::string& topic, int partition) {
  const Handle handle = make_handle(
      RD_KAFKA_CONSUMER,
      {{"bootstrap.servers", bootstrap}, {"isolation.level", "read_uncommitted"}, {"group.id", "log-end"}});
  std::int64_t low = 0;
  std::int64_t high = 0;
  auto code = RD_KAFKA_RESP_ERR_NO_ERROR;
  // The leader of a topic that was just made may not know it yet.
  until("the leader of " + topic + " answers", std::chrono::milliseconds(admin_timeout_ms), [&] {
    code = rd_kafka_query_watermark_offsets(handle.get(), topic.c_str(), partition, &low, &high,
                                            admin_timeout_ms);
    return code != RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
  });
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("log end of " + topic, code);
  return high;
}

std::optional<int> leader_of(const std::string& bootstrap, const std::string& topic, int partition) {
  const Handle handle =
      make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}, {"log_level", "2"}});
  const Topic wanted(rd_kafka_topic_new(handle.get(), topic.c_str(), nullptr));
  const Metadata metadata = metadata_of(handle.get(), wanted.get(), admin_timeout_ms);
  if (metadata == nullptr || metadata->topics[0].partition_cnt <= partition) return std::nullopt;
  const int leader = metadata->topics[0].partitions[partition].leader;
  return leader < 0 ? std::nullopt : std::optional(leader);
}

std::set<int> in_sync_replicas(const std::string& bootstrap, const std::string& topic, int partition) {
  const Handle handle = make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
  const Topic wanted(rd_kafka_topic_new(handle.get(), topic.c_str(), nullptr));
  const Metadata metadata = metadata_of(handle.get(), wanted.get(), admin_timeout_ms);
  if (metadata == nullptr) return {};
  const rd_kafka_metadata_partition_t& found = metadata->topics[0].partitions[partition];
  return {found.isrs, found.isrs + found.isr_cnt};
}

bool replicas_in_sync(const std::string& bootstrap) {
  std::istringstream addresses(bootstrap);
  for (std::string address; std::getline(addresses, address, ',');) {
    const Handle handle =
        make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", address}, {"log_level", "2"}});
    const Metadata metadata = metadata_of(handle.get(), nullptr, a_moment_ms);
    if (metadata == nullptr || !all_in_sync(*metadata)) return false;
  }
  return true;
}

}  // namespace auditstream::test
