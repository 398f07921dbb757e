// OffsetsTail: reads along with the whole offsets topic and tells who has opened which partition, and where
// cursors lie. A quiet owner would otherwise never learn that it was fenced: librdkafka takes an empty
// transaction on a fenced handle for a success.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "core/tail.h"
#include "kafka/client.h"
#include "kafka/contact.h"
#include "kafka/leaders.h"

namespace auditstream::kafka {

struct TailSettings {
  Connection connection;
  std::string group;
  std::string offsets_topic;
  int partitions = 0;
  std::shared_ptr<Contact> contact =
      std::make_shared<Contact>();  // hears how long the leaders have been silent
};

class OffsetsTail {
 public:
  using Records =
      std::function<void(int partition, std::string_view key, const std::optional<std::string_view>& value)>;

  // Both are called on the tail's thread, from the beginning of the topic on, in the order of each partition:
  // `sink` with each mark, and with a cursor when it comes, goes or changes its account; `records` with every
  // record.
  OffsetsTail(TailSettings settings, std::function<void(core::TailEvent)> sink, Records records = {});
  ~OffsetsTail();

 private:
  void run();
  // Until we stop, or the handle has been silent for too long.
  void read(rd_kafka_t* consumer, Leaders& leaders);
  void on_record(int partition, std::string_view key, const std::optional<std::string_view>& value);

  const TailSettings settings_;
  const std::function<void(core::TailEvent)> sink_;
  const Records records_;
  // Owned by the thread.
  core::CursorPlaces told_;
  std::map<int, std::int64_t> next_;  // offsets, by partition
  Contact::Line line_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace auditstream::kafka
