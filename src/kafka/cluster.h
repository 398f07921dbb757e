// Cluster: what must be true of Kafka before anything is polled: topics created, checked and measured;
// cursors found.
#pragma once

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "auditstream/result.h"
#include "config/config.h"
#include "core/cursor.h"
#include "kafka/client.h"

namespace auditstream::kafka {

struct ClusterFacts {
  std::map<std::string, std::size_t>
      record_bytes_max;  // by topic, the offsets topic aside: max.message.bytes
  std::vector<std::string> warnings;
  std::string cluster_id;
};

class Cluster {
 public:
  explicit Cluster(Connection connection) : connection_(std::move(connection)) {}

  // One metadata request. The error says which broker gave which answer.
  Status reach(Duration timeout) const;

  // Creates missing topics, verifies existing ones, and checks that everything a run needs is allowed. With
  // `create` = false it changes nothing (for `check`). An error has one line for each problem.
  Result<ClusterFacts> prepare(const config::Config& config, bool create) const;

  // The committed, live records of every partition of the offsets topic. Fences nobody. A missing topic has
  // no records.
  Result<std::vector<core::RecordMap>> read_offsets(const std::string& topic, Duration timeout) const;

 private:
  Connection connection_;
};

// The present max.message.bytes of these topics, without those that don't tell.
std::map<std::string, std::size_t> record_bytes_max(const Connection& connection,
                                                    const std::set<std::string>& topics);

}  // namespace auditstream::kafka
