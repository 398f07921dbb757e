#include "cli/offsets.h"

#include <algorithm>

#include "config/nearest.h"
#include "kafka/cluster.h"
#include "run/daemon.h"

namespace auditstream {
namespace {

constexpr Duration reach_patience = 5s;
constexpr Duration read_patience = 30s;

}  // namespace

std::variant<std::vector<RecordMap>, int> read_offsets(const Config& config, std::ostream& err) {
  const kafka::Cluster cluster({config.kafka, "auditstream-cursors"});
  const Status reached = cluster.reach(reach_patience);
  Result<std::vector<RecordMap>> partitions = reached.ok()
                                                  ? cluster.read_offsets(config.offsets.topic, read_patience)
                                                  : Result<std::vector<RecordMap>>(reached.error());
  if (partitions.ok()) return *std::move(partitions);
  const bool denied = reached.ok() && partitions.error().cure == Cure::person;
  if (!denied) {
    err << "Kafka can't be reached at " << config.kafka.at("bootstrap.servers")
        << " (kafka.bootstrap.servers): ";
  }
  err << partitions.error().message << "\n";
  return partitions.error().cure == Cure::time ? exit_unavailable : exit_config;
}

std::vector<CursorRecord> cursors_in(const std::vector<RecordMap>& partitions) {
  std::vector<CursorRecord> cursors;
  for (std::size_t partition = 0; partition < partitions.size(); ++partition) {
    for (const auto& [key, value] : partitions[partition]) {
      const bool is_cursor = key != owner_key && !is_chunk_key(key);
      if (is_cursor) cursors.push_back({key, static_cast<int>(partition), value});
    }
  }
  std::ranges::stable_sort(cursors, {}, &CursorRecord::source);
  return cursors;
}

void complain_of_missing_cursor(const std::string& source, const std::vector<CursorRecord>& cursors,
                                std::ostream& err) {
  std::vector<std::string> names;
  for (const CursorRecord& cursor : cursors) names.push_back(cursor.source);
  err << "no cursor of \"" << source << "\"";
  if (const std::string nearest = nearest_name(source, names); !nearest.empty())
    err << "; did you mean \"" << nearest << "\"?";
  err << "\n";
}

}  // namespace auditstream
