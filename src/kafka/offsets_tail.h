// OffsetsTail: reads along with the whole offsets topic and tells who has opened which partition. A quiet
// owner would otherwise never learn that it was fenced: librdkafka takes an empty transaction on a fenced
// handle for a success.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "auditstream/journal.h"
#include "kafka/client.h"

namespace auditstream::kafka {

struct TailSettings {
  Connection connection;
  std::string group;
  std::string offsets_topic;
  int partitions = 0;
};

class OffsetsTail {
 public:
  // `sink` is called on the tail's thread with each mark from the beginning of the topic on, in the order of
  // its partition.
  OffsetsTail(TailSettings settings, std::function<void(OwnerMark)> sink);
  ~OffsetsTail();

 private:
  void run();
  void read(rd_kafka_t* consumer);

  const TailSettings settings_;
  const std::function<void(OwnerMark)> sink_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace auditstream::kafka
