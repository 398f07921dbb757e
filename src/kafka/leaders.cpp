#include "kafka/leaders.h"

#include <algorithm>

#include "kafka/contact.h"

namespace auditstream::kafka {
namespace {

constexpr std::int16_t fetch = 1;  // https://kafka.apache.org/protocol#The_Messages_Fetch
constexpr int ask_ms = 1000;
constexpr Duration ask_interval = 10s;
// A leader that has died may have been replaced.
constexpr Duration silent_long = 3s;
constexpr Duration ask_interval_silent = 1s;

}  // namespace

rd_kafka_resp_err_t Leaders::on_answer(rd_kafka_t*, int, const char*, std::int32_t broker,
                                       std::int16_t api_key, std::int16_t, std::int32_t, std::size_t,
                                       std::int64_t, rd_kafka_resp_err_t error, void* opaque) {
  if (api_key == fetch && error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    auto* self = static_cast<Leaders*>(opaque);
    const MutexLock lock(self->mutex_);
    self->answers_[broker] = steady_now();
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::optional<Steady> Leaders::answered(rd_kafka_t* client) {
  const auto earliest = [this]() -> std::optional<Steady> {
    if (!complete_) return std::nullopt;
    if (leaders_.empty()) return told_;
    const MutexLock lock(mutex_);
    Steady moment = Steady::max();
    for (const std::int32_t leader : leaders_) {
      const auto found = answers_.find(leader);
      if (found == answers_.end()) return std::nullopt;
      moment = std::min(moment, found->second);
    }
    return moment;
  };
  const Steady now = steady_now();
  const std::optional<Steady> known = earliest();
  const bool silent = !known || now - *known > silent_long;
  if (asked_ && now - *asked_ < (silent ? ask_interval_silent : ask_interval)) return known;
  ask(client, now);
  return earliest();
}

void Leaders::ask(rd_kafka_t* client, Steady now) {
  asked_ = now;
  const TopicHandle topic(rd_kafka_topic_new(client, topic_.c_str(), nullptr));
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client, 0, topic.get(), &metadata, ask_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  told_ = now;
  leaders_.clear();
  complete_ = true;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    for (int j = 0; j < metadata->topics[i].partition_cnt; ++j) {
      const std::int32_t leader = metadata->topics[i].partitions[j].leader;
      complete_ = complete_ && leader >= 0;
      leaders_.insert(leader);
    }
  }
  rd_kafka_metadata_destroy(metadata);
}

}  // namespace auditstream::kafka
