// Kafka as far as exactly-once needs it, in memory and without time: partitions with fences, transactions
// that are applied whole or not at all, topics that remember every record. What a read_committed consumer
// would see, and nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "auditstream/journal.h"

namespace auditstream::sim {

struct PublishedRecord {
  std::string source;
  std::string id;
  std::string raw;
  bool dead_letter = false;
};

// Broken rules that a commit itself shows ("the cursor of x went back"), for the test to report.
using Complaints = std::vector<std::string>;

class SimKafka {
 public:
  // Fences whoever owned the partition before; the number proves ownership from now on.
  std::uint64_t fence(int partition) { return ++partitions_[partition].owner; }
  const RecordMap& records(int partition) { return partitions_[partition].records; }

  // Applies the batch if `owner` still is the owner; false if it is fenced.
  bool apply(int partition, std::uint64_t owner, const Batch& batch, Complaints& complaints);

  const std::vector<PublishedRecord>& published() const { return published_; }
  std::uint64_t commits() const { return commits_; }

 private:
  struct Partition {
    std::uint64_t owner = 0;
    RecordMap records;
  };
  std::map<int, Partition> partitions_;
  std::vector<PublishedRecord> published_;
  std::uint64_t commits_ = 0;
};

}  // namespace auditstream::sim
