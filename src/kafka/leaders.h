// Leaders: which brokers lead the partitions of a topic, and when each of them has last answered a fetch.
// Answers of other brokers prove nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "auditstream/time.h"
#include "base/mutex.h"
#include "kafka/client.h"

namespace auditstream::kafka {

// Belongs to one handle, which continually fetches from all partitions of the topic.
class Leaders {
 public:
  explicit Leaders(std::string topic) : topic_(std::move(topic)) {}

  // For Callbacks::answered of the handle, with the Leaders as `listener`.
  static rd_kafka_resp_err_t on_answer(rd_kafka_t*, int, const char*, std::int32_t broker,
                                       std::int16_t api_key, std::int16_t, std::int32_t, std::size_t,
                                       std::int64_t, rd_kafka_resp_err_t error, void* opaque);

  // When the most silent leader has last answered; nothing while one has never answered, or a partition has
  // no known leader. If the topic is gone: when a broker last said so. Asks the brokers now and then, for a
  // second at most. On the thread of the handle.
  std::optional<Steady> answered(rd_kafka_t* client);

 private:
  void ask(rd_kafka_t* client, Steady now);

  const std::string topic_;

  // Owned by the thread.
  std::set<std::int32_t> leaders_;
  bool complete_ = false;  // all partitions have one
  std::optional<Steady> asked_;
  std::optional<Steady> told_;

  Mutex mutex_;
  std::map<std::int32_t, Steady> answers_ AS_GUARDED_BY(mutex_);  // by broker
};

}  // namespace auditstream::kafka
