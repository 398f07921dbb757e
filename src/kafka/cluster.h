// Cluster: what has to be true of Kafka before anything is polled: topics made, checked and measured; cursors
// found.
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

  // One metadata request. The error says which broker answered how.
  Status reach(Duration timeout) const;

  // Makes the topics that are missing, verifies those that exist, and asks whether everything that a run
  // needs is allowed. `create` = false only looks (for `check`). An error has a line for each thing that is wrong.
  Result<ClusterFacts> prepare(const config::Config& config, bool create) const;

  // The live records of every partition of the offsets topic, as far as they are committed. Fences nobody. An
  // absent topic has no records.
  Result<std::vector<core::RecordMap>> read_offsets(const std::string& topic, Duration timeout) const;

 private:
  Connection connection_;
};

// max.message.bytes of these topics, as they are now; those that don't tell are left out.
std::map<std::string, std::size_t> record_bytes_max(const Connection& connection,
                                                    const std::set<std::string>& topics);

}  // namespace auditstream::kafka
