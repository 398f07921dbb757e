// Repair: publishes events that a topic lacks, in batches, each event once, while the source's owner keeps
// running.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "auditstream/result.h"
#include "config/config.h"
#include "core/comparison.h"
#include "core/cursor.h"
#include "kafka/cluster.h"
#include "kafka/topic_range.h"

namespace auditstream::cli {

// `topic` and `comparison` have been read to their end and outlive the repair. For one thread. Errors say why
// no more was published.
class Repair {
 public:
  Repair(const config::Config& config, std::shared_ptr<const Source> source, const core::Range& range,
         kafka::TopicRange& topic, core::Comparison& comparison);

  // Call it first: checks that Kafka allows a run, and creates missing topics.
  Status prepare();
  // Keeps the event if the topic lacks it; publishes the kept events when they fill a transaction.
  Status add(const Event& event);
  // Publishes the rest.
  Status finish();

  // Events that no record of the topic can hold.
  std::size_t too_large() const { return too_large_; }

 private:
  Status publish();
  Status look_again(const core::RecordMap& shard);

  const config::Config& config_;
  const std::shared_ptr<const Source> source_;
  const core::Range range_;
  const int home_;  // the partition of the offsets topic
  kafka::TopicRange& topic_;
  core::Comparison& comparison_;
  std::optional<std::size_t> record_bytes_max_;

  std::uint64_t generation_ = 1;  // of the cursor when last read
  std::vector<Event> events_;     // the next batch
  std::set<std::string> ids_;     // of the next batch
  std::size_t bytes_ = 0;
  std::size_t too_large_ = 0;
};

}  // namespace auditstream::cli
