#include "runtime/cursor_editor.h"

#include <unistd.h>

#include <utility>

#include "kafka/cluster.h"
#include "kafka/takeover.h"
#include "runtime/clock.h"
#include "runtime/kafka_connection.h"

namespace auditstream::runtime {
namespace {

// Instances that lose a partition wait a second or more before they open it again, so the second attempt
// almost always succeeds.
constexpr int tries_max = 5;
constexpr Duration reach_patience = 5s;
constexpr Duration read_patience = 30s;

core::ShardMaps in_partitions(const std::vector<core::RecordMap>& partitions) {
  core::ShardMaps shards;
  for (std::size_t i = 0; i < partitions.size(); ++i) shards[static_cast<int>(i)] = partitions[i];
  return shards;
}

std::optional<core::Cursor> readable_cursor(const std::string& source, const core::ShardMaps& shards) {
  for (const int partition : core::cursor_partitions(source, shards)) {
    const Result<core::DecodedCursor> decoded =
        core::decode_cursor(shards.at(partition).find(source)->second);
    if (decoded.ok()) return decoded->cursor;
  }
  return std::nullopt;
}

Error no_cursor(const std::string& source) {
  return {"no cursor of \"" + source + "\"", ErrorKind::not_found};
}

}  // namespace

Result<std::vector<core::RecordMap>> CursorEditor::read() const {
  const kafka::Cluster cluster(kafka_connection(config_, "auditstream-cursors"));
  const Status reached = cluster.reach(reach_patience);
  Result<std::vector<core::RecordMap>> partitions =
      reached.ok() ? cluster.read_offsets(config_.offsets.topic, read_patience)
                   : Result<std::vector<core::RecordMap>>(reached.error());
  if (partitions.ok() || (reached.ok() && partitions.error().lasts())) return partitions;
  return Error{"Kafka can't be reached at " + config_.kafka.at("bootstrap.servers") +
                   " (kafka.bootstrap.servers): " + partitions.error().message,
               partitions.error().kind};
}

Result<core::CursorChange> CursorEditor::plan(const std::string& source, const DecideEdit& decide) const {
  const Result<std::vector<core::RecordMap>> offsets = read();
  if (!offsets.ok()) return offsets.error();
  const core::ShardMaps shards = in_partitions(*offsets);
  if (core::cursor_partitions(source, shards).empty()) return no_cursor(source);
  if (std::cmp_not_equal(offsets->size(), config_.offsets.partitions)) {
    return Error{"offsets.partitions: " + std::to_string(config_.offsets.partitions) + ", but topic " +
                     config_.offsets.topic + " has " + std::to_string(offsets->size()) +
                     " partitions: set it to that",
                 ErrorKind::misconfigured};
  }
  Result<core::CursorChange> change = decide(shards, read_clock().wall);
  if (!change.ok()) return Error{change.error().message, ErrorKind::refused};
  return change;
}

Result<core::CursorChange> CursorEditor::carry_out(const std::string& source, std::optional<int> home,
                                                   const DecideEdit& decide,
                                                   const std::function<void(const std::string&)>& say) const {
  std::optional<core::CursorChange> unknown;
  for (int left = tries_max;; --left) {
    const Result<std::vector<core::RecordMap>> offsets = read();
    if (!offsets.ok()) return offsets.error();
    const std::vector<int> places = core::cursor_partitions(source, in_partitions(*offsets));
    std::set<int> partitions(places.begin(), places.end());
    if (home) partitions.insert(*home);
    if (partitions.empty()) return no_cursor(source);
    std::variant<core::CursorChange, Failed> result = try_once(source, partitions, decide, unknown);
    if (auto* change = std::get_if<core::CursorChange>(&result)) return std::move(*change);
    Failed& failed = std::get<Failed>(result);
    if (!failed.again || left == 1) return std::move(failed.error);
    if (failed.unknown) unknown = std::move(failed.unknown);
    say(failed.error.message);
  }
}

// Takes over all the partitions, then decides by their records what to write.
std::variant<core::CursorChange, CursorEditor::Failed> CursorEditor::try_once(
    const std::string& source, const std::set<int>& partitions, const DecideEdit& decide,
    const std::optional<core::CursorChange>& unknown) const {
  kafka::JournalSettings settings;
  settings.connection = kafka_connection(config_, "auditstream-cursors");
  settings.group = config_.group;
  settings.offsets_topic = config_.offsets.topic;
  settings.instance = instance_;
  settings.topics = [] { return kafka::WritableTopics{}; };
  settings.now = [] { return read_clock().wall; };
  kafka::Takeover takeover(settings, partitions);
  const Result<core::ShardMaps> shards = takeover.open();
  if (!shards.ok()) return Failed{shards.error(), !shards.error().lasts()};
  if (unknown && unknown->explains(readable_cursor(source, *shards))) return *unknown;
  Result<core::CursorChange> change = decide(*shards, read_clock().wall);
  // Perhaps the cursor was moved in between: then the next attempt finds it.
  if (!change.ok()) return Failed{{change.error().message, ErrorKind::refused}, true};
  if (change->records.empty()) return *std::move(change);
  const core::JournalDone done = takeover.commit(change->records.begin()->first, change->records);
  if (done.outcome != core::Outcome::committed) return Failed{{done.detail}, true, *change};
  return *std::move(change);
}

}  // namespace auditstream::runtime
