// OffsetsTail: follows the whole offsets topic. An idle owner would otherwise never learn that it was fenced:
// librdkafka reports success for an empty transaction on a fenced handle.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "kafka/client.h"
#include "kafka/contact.h"
#include "kafka/leaders.h"
#include "kafka/offsets_reader.h"

namespace auditstream::kafka {

struct TailSettings {
  Connection connection;
  std::string group;
  std::string offsets_topic;
  int partitions = 0;
  std::shared_ptr<Contact> contact =
      std::make_shared<Contact>();  // is told how long the leaders have been silent
};

class OffsetsTail {
 public:
  // `sink` is called on the tail's thread with every record since the topic's beginning, in the order of each
  // partition.
  OffsetsTail(TailSettings settings, std::function<void(const OffsetsRecord&)> sink);
  ~OffsetsTail();

 private:
  void run();
  // Until we stop, or the handle has been silent for too long.
  void read(const OffsetsReader& reader, Leaders& leaders);

  const TailSettings settings_;
  const std::function<void(const OffsetsRecord&)> sink_;
  // Owned by the thread.
  OffsetsReader::Offsets next_;
  Contact::Line line_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace auditstream::kafka
