// Kafka as far as exactly-once needs it, in memory and without time: partitions with fences and the marks of
// who opened them, transactions that are applied whole or not at all, topics that remember every record. What
// a read_committed consumer would see, and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/cursor_edit.h"
#include "core/journal.h"
#include "core/offsets_view.h"

namespace auditstream::sim {

struct PublishedRecord {
  std::string source;
  std::string id;
  std::string raw;
  bool dead_letter = false;
  std::uint64_t generation = 1;
};

// Broken rules that a commit itself shows ("the cursor of x went back"), for the test to report.
using Complaints = std::vector<std::string>;

// Marks end in the number of the owner that left them.
inline std::string mark_of(const std::string& who, std::uint64_t owner) {
  return who + "/" + std::to_string(owner);
}
inline std::uint64_t owner_of(const std::string& mark) {
  return std::stoull(mark.substr(mark.rfind('/') + 1));
}

struct SeenHeartbeat {
  core::Heartbeat heartbeat;
  std::string source;
  std::size_t published;  // how many records there are in SimKafka::published() when it becomes visible
};

class SimKafka {
 public:
  // Fences whoever owned the partition before; the number proves ownership from now on.
  std::uint64_t fence(int partition) { return ++partitions_[partition].owner; }
  std::uint64_t owner(int partition) { return partitions_[partition].owner; }
  // Commits the record that tells who has opened the partition. False if `owner` is fenced.
  bool mark(int partition, std::uint64_t owner, const std::string& mark);
  // The latest owner that has left its mark: whoever fences and then dies can't be heard of.
  std::uint64_t marked(int partition) { return partitions_[partition].marked; }
  // What reading along with a partition tells, in the order of its log.
  const std::vector<core::OffsetsEvent>& log(int partition) { return partitions_[partition].log; }
  const core::RecordMap& records(int partition) { return partitions_[partition].records; }

  // Applies the batch if `owner` still is the owner; false if it is fenced.
  bool apply(int partition, std::uint64_t owner, const core::Batch& batch, Complaints& complaints);
  // The same for what an operator does to the cursor of a source, which lies in that partition.
  bool apply(int partition, std::uint64_t owner, const std::string& source, const core::CursorChange& change);

  const std::vector<PublishedRecord>& published() const { return published_; }
  const std::vector<SeenHeartbeat>& heartbeats() const { return heartbeats_; }

  std::uint64_t histories_begun() const { return histories_begun_; }
  std::uint64_t histories_over() const { return histories_over_; }

  std::function<void()> on_log = [] {};  // hears of what is new in a log

 private:
  struct Partition {
    std::uint64_t owner = 0;
    std::uint64_t marked = 0;
    core::RecordMap records;
    std::vector<core::OffsetsEvent> log;
  };
  static void write(Partition& partition, const core::Record& record);

  std::map<int, Partition> partitions_;
  std::vector<PublishedRecord> published_;
  std::vector<SeenHeartbeat> heartbeats_;
  std::uint64_t histories_begun_ = 0;
  std::uint64_t histories_over_ = 0;
  std::map<std::string, std::uint64_t> last_seq_;  // of what each source has published
};

}  // namespace auditstream::sim
