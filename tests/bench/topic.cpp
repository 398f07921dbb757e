#include "bench/topic.h"

#include <array>

#include "support/kafka/handles.h"

namespace auditstream::bench {

using namespace auditstream::test;

void create_topic(const std::string& bootstrap, const std::string& name, int partitions) {
  constexpr int patience_ms = 30'000;
  const Handle client = make_handle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
  const Owned<rd_kafka_queue_t, rd_kafka_queue_destroy> queue(rd_kafka_queue_new(client.get()));
  char reason[512];
  const Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy> topic(
      rd_kafka_NewTopic_new(name.c_str(), partitions, -1, reason, sizeof reason));
  if (topic == nullptr) throw std::runtime_error(reason);
  rd_kafka_NewTopic_set_config(topic.get(), "retention.ms", "-1");
  std::array<rd_kafka_NewTopic_t*, 1> topics{topic.get()};
  rd_kafka_CreateTopics(client.get(), topics.data(), topics.size(), nullptr, queue.get());
  const Owned<rd_kafka_event_t, rd_kafka_event_destroy> event(rd_kafka_queue_poll(queue.get(), patience_ms));
  if (event == nullptr) throw std::runtime_error("no answer to the creation of " + name);
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail(name, rd_kafka_event_error(event.get()));
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto error = rd_kafka_topic_result_error(results[i])) fail(name, error);
  }
}

}  // namespace auditstream::bench
