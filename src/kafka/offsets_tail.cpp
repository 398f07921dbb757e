#include "kafka/offsets_tail.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "auditstream/time.h"
#include "core/cursor.h"

namespace auditstream::kafka {
namespace {

constexpr int poll_ms = 200;
constexpr auto retry_wait = 500ms;
// The brokers may have moved to where a handle, which has known them elsewhere, does not look for them.
constexpr Duration handle_patience = 20s;

}  // namespace

OffsetsTail::OffsetsTail(TailSettings settings, std::function<void(core::TailEvent)> sink, Records records)
    : settings_(std::move(settings)),
      sink_(std::move(sink)),
      records_(std::move(records)),
      line_(settings_.contact),
      thread_([this] { run(); }) {}

OffsetsTail::~OffsetsTail() {
  stopping_ = true;
  thread_.join();
}

void OffsetsTail::run() {
  line_.ask();
  while (!stopping_) {
    Leaders leaders(settings_.offsets_topic);
    const Result<ClientHandle> made =
        make_client(RD_KAFKA_CONSUMER, settings_.connection,
                    {{"group.id", settings_.group + "-tail"},
                     {"isolation.level", "read_committed"},
                     {"enable.auto.commit", "false"},
                     {"enable.auto.offset.store", "false"},
                     {"auto.offset.reset", "earliest"},
                     {"fetch.wait.max.ms", "500"},  // by the answers we know that the leaders are there
                     {"client.rack", ""}},
                    {{"queued.max.messages.kbytes", "1024"}},
                    Callbacks{.answered = &Leaders::on_answer, .listener = &leaders});
    if (made.ok()) read(made->get(), leaders);
    if (!stopping_) std::this_thread::sleep_for(retry_wait);
  }
}

// What has been read is not read again with another handle: marks of openings would come twice.
void OffsetsTail::read(rd_kafka_t* consumer, Leaders& leaders) {
  rd_kafka_poll_set_consumer(consumer);
  const PartitionListHandle partitions(rd_kafka_topic_partition_list_new(settings_.partitions));
  for (int partition = 0; partition < settings_.partitions; ++partition) {
    const auto known = next_.find(partition);
    rd_kafka_topic_partition_list_add(partitions.get(), settings_.offsets_topic.c_str(), partition)->offset =
        known == next_.end() ? RD_KAFKA_OFFSET_BEGINNING : known->second;
  }
  if (rd_kafka_assign(consumer, partitions.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const Steady began = steady_now();
  while (!stopping_) {
    const MessageHandle message(rd_kafka_consumer_poll(consumer, poll_ms));
    if (const std::optional<Steady> moment = leaders.answered(consumer)) line_.answered(*moment);
    note_trouble(line_, settings_.connection.properties);
    if (std::min(line_.silent(), steady_now() - began) > handle_patience) return;
    if (!message || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    next_[message->partition] = message->offset + 1;
    std::optional<std::string_view> value;
    if (message->payload != nullptr) value.emplace(static_cast<const char*>(message->payload), message->len);
    on_record(message->partition, {static_cast<const char*>(message->key), message->key_len}, value);
  }
}

void OffsetsTail::on_record(int partition, std::string_view key,
                            const std::optional<std::string_view>& value) {
  if (records_) records_(partition, key, value);
  if (key == core::owner_key) {
    std::optional<core::OwnerRecord> owner = value ? core::decode_owner(*value) : std::nullopt;
    if (owner && !owner->nonce.empty()) sink_(core::OwnerMark{partition, std::move(owner->nonce)});
    return;
  }
  if (core::is_chunk_key(key)) return;
  std::map<int, std::string>& places = told_[std::string(key)];
  if (!value) {
    if (places.erase(partition) > 0) sink_(core::CursorSeen{std::string(key), partition, std::nullopt});
    return;
  }
  const std::string account = core::account_of_cursor(*value);
  if (const auto known = places.find(partition); known != places.end() && known->second == account) return;
  places[partition] = account;
  sink_(core::CursorSeen{std::string(key), partition, account});
}

}  // namespace auditstream::kafka
