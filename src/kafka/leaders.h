// Leaders: which brokers lead the partitions of a topic, and when the last of them has answered a fetch. What
// the others answer proves nothing.
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

// Belongs to one handle, which fetches from all partitions of the topic again and again.
class Leaders {
 public:
  explicit Leaders(std::string topic) : topic_(std::move(topic)) {}

  // The `answered` of the handle, with the Leaders as its opaque.
  static rd_kafka_resp_err_t on_answer(rd_kafka_t*, int, const char*, std::int32_t broker,
                                       std::int16_t api_key, std::int16_t, std::int32_t, std::size_t,
                                       std::int64_t, rd_kafka_resp_err_t error, void* opaque);

  // The moment since which one of them owes an answer; nothing while a partition has no leader, or nobody
  // says who it is. Of a topic that has gone: since somebody has said so. Asks the brokers now and then, for
  // a second at most. On the thread of the handle.
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
