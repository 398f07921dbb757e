#include "runtime/cursor_editor.h"

#include <unistd.h>

#include <utility>

#include "kafka/cluster.h"
#include "kafka/takeover.h"
#include "runtime/clock.h"

namespace auditstream::runtime {
namespace {

// Instances that lose a partition leave it alone for a second or more, so the second try all but certainly
// succeeds.
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

EditFailure of(EditFailure::Kind kind, std::string text) { return {kind, std::move(text)}; }

}  // namespace

std::variant<std::vector<core::RecordMap>, EditFailure> CursorEditor::read() const {
  const kafka::Cluster cluster({config_.kafka, "auditstream-cursors"});
  const Status reached = cluster.reach(reach_patience);
  Result<std::vector<core::RecordMap>> partitions =
      reached.ok() ? cluster.read_offsets(config_.offsets.topic, read_patience)
                   : Result<std::vector<core::RecordMap>>(reached.error());
  if (!partitions.ok()) {
    const bool denied = reached.ok() && partitions.error().cure == Cure::person;
    const std::string where = denied ? ""
                                     : "Kafka can't be reached at " + config_.kafka.at("bootstrap.servers") +
                                           " (kafka.bootstrap.servers): ";
    return of(partitions.error().cure == Cure::time ? EditFailure::Kind::unavailable
                                                    : EditFailure::Kind::misconfigured,
              where + partitions.error().message);
  }
  return *std::move(partitions);
}

std::variant<core::CursorChange, EditFailure> CursorEditor::plan(const std::string& source,
                                                                 const DecideEdit& decide) const {
  auto read_back = read();
  if (auto* failure = std::get_if<EditFailure>(&read_back)) return *std::move(failure);
  const auto& offsets = std::get<std::vector<core::RecordMap>>(read_back);
  const core::ShardMaps shards = in_partitions(offsets);
  if (core::cursor_partitions(source, shards).empty())
    return of(EditFailure::Kind::no_cursor, "no cursor of \"" + source + "\"");
  if (std::cmp_not_equal(offsets.size(), config_.offsets.partitions)) {
    return of(EditFailure::Kind::misconfigured,
              "offsets.partitions: " + std::to_string(config_.offsets.partitions) + ", but topic " +
                  config_.offsets.topic + " has " + std::to_string(offsets.size()) +
                  " partitions: set it to that");
  }
  Result<core::CursorChange> change = decide(shards, read_clock().wall);
  if (!change.ok()) return of(EditFailure::Kind::refused, change.error().message);
  return *std::move(change);
}

std::variant<core::CursorChange, EditFailure> CursorEditor::carry_out(
    const std::string& source, std::optional<int> home, const DecideEdit& decide,
    const std::function<void(const std::string&)>& say) const {
  std::optional<core::CursorChange> unknown;
  for (int left = tries_max;; --left) {
    auto read_back = read();
    if (auto* failure = std::get_if<EditFailure>(&read_back)) return *std::move(failure);
    const std::vector<int> places =
        core::cursor_partitions(source, in_partitions(std::get<std::vector<core::RecordMap>>(read_back)));
    std::set<int> partitions(places.begin(), places.end());
    if (home) partitions.insert(*home);
    if (partitions.empty()) return of(EditFailure::Kind::no_cursor, "no cursor of \"" + source + "\"");
    std::variant<core::CursorChange, Failed> result = try_once(source, partitions, decide, unknown);
    if (auto* change = std::get_if<core::CursorChange>(&result)) return *std::move(change);
    Failed& failed = std::get<Failed>(result);
    if (!failed.again || left == 1) return std::move(failed.failure);
    if (failed.unknown) unknown = std::move(failed.unknown);
    say(failed.failure.text);
  }
}

// All partitions are taken, and what has to be written is decided by what they hold then.
std::variant<core::CursorChange, CursorEditor::Failed> CursorEditor::try_once(
    const std::string& source, const std::set<int>& partitions, const DecideEdit& decide,
    const std::optional<core::CursorChange>& unknown) const {
  using Kind = EditFailure::Kind;
  kafka::JournalSettings settings;
  settings.connection = {config_.kafka, "auditstream-cursors"};
  settings.group = config_.group;
  settings.offsets_topic = config_.offsets.topic;
  settings.instance = instance_;
  settings.topics = [] { return kafka::WritableTopics{}; };
  settings.now = [] { return read_clock().wall; };
  kafka::Takeover takeover(settings, partitions);
  auto opened = takeover.open();
  if (const auto* failed = std::get_if<core::JournalFailed>(&opened)) {
    return Failed{of(failed->misconfigured ? Kind::misconfigured : Kind::unavailable, failed->reason),
                  !failed->misconfigured};
  }
  const core::ShardMaps& shards = std::get<core::ShardMaps>(opened);
  if (unknown && unknown->explains(readable_cursor(source, shards))) return *unknown;
  Result<core::CursorChange> change = decide(shards, read_clock().wall);
  // Moved away in between, perhaps: then the next try finds it.
  if (!change.ok()) return Failed{of(Kind::refused, change.error().message), true};
  if (change->records.empty()) return *std::move(change);
  const core::JournalDone done = takeover.commit(change->records.begin()->first, change->records);
  if (done.outcome != core::Outcome::committed)
    return Failed{of(Kind::unavailable, done.detail), true, *change};
  return *std::move(change);
}

}  // namespace auditstream::runtime
