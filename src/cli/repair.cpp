#include "cli/repair.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/exit_code.h"
#include "core/adoption.h"
#include "core/envelope.h"
#include "core/home_partition.h"
#include "core/shard.h"
#include "kafka/takeover.h"
#include "runtime/clock.h"

namespace auditstream::cli {
namespace {

// The owner comes back a second or more after it was fenced, so the second try all but certainly succeeds.
constexpr int tries_max = 5;

}  // namespace

Repair::Repair(const config::Config& config, std::shared_ptr<const Source> source, const core::Range& range,
               kafka::TopicRange& topic, core::Comparison& comparison)
    : config_(config),
      source_(std::move(source)),
      range_(range),
      home_(core::home_partition(*source_, config.offsets.partitions)),
      topic_(topic),
      comparison_(comparison) {}

std::optional<RepairTrouble> Repair::prepare() {
  config::Config ours = config_;
  ours.sources = {source_};
  const auto prepared = kafka::Cluster({config_.kafka, "auditstream-verify"}).prepare(ours, true);
  if (const auto* problem = std::get_if<kafka::ClusterProblem>(&prepared))
    return RepairTrouble{problem->message, problem->misconfigured ? exit_config : exit_unavailable};
  const auto& limits = std::get<kafka::ClusterFacts>(prepared).record_bytes_max;
  if (const auto found = limits.find(source_->topic); found != limits.end())
    record_bytes_max_ = found->second;
  return std::nullopt;
}

std::optional<RepairTrouble> Repair::add(const Event& event) {
  if (!event.time || event.flaw || !comparison_.lacks(event.id) || !ids_.insert(event.id).second)
    return std::nullopt;
  if (record_bytes_max_ && !core::fits_record(event, *record_bytes_max_)) {
    ++too_large_;
    return std::nullopt;
  }
  const std::size_t bytes = event.raw.size();
  const core::ShardLimits limits;
  if (!events_.empty() && (events_.size() == limits.batch_events || bytes_ + bytes > limits.batch_bytes)) {
    if (std::optional<RepairTrouble> trouble = publish()) return trouble;
  }
  // Without the page that it is a small part of.
  Event kept = event;
  kept.body = std::make_shared<std::string>(event.raw);
  kept.raw = *kept.body;
  events_.push_back(std::move(kept));
  bytes_ += bytes;
  return std::nullopt;
}

std::optional<RepairTrouble> Repair::finish() { return publish(); }

// Nothing is published twice: no event of the range lies above the floor of the cursor that was restored
// after the fence, so no owner that comes later publishes it; and whatever an earlier one has published, or a
// repair that was killed, is in the topic by now and is seen.
std::optional<RepairTrouble> Repair::look_again(const core::RecordMap& shard) {
  const auto found = shard.find(source_->name);
  const auto cursor = found == shard.end() ? Result<core::DecodedCursor>(Error{"it has gone"})
                                           : core::decode_cursor(found->second);
  if (!cursor.ok() || core::why_not_adopted(*source_, cursor->cursor, home_) ||
      core::settled_until(cursor->cursor, source_->overlap) < range_.to) {
    return RepairTrouble{
        "the cursor of " + source_->name + " was set back, moved or removed in the meantime: run this again",
        exit_problem};
  }
  generation_ = cursor->cursor.generation;
  const std::string ours = core::event_source(*source_);
  const Status read = topic_.read_on([&](const kafka::TopicRecord& record) {
    if (record.source == ours) comparison_.topic_has(record.id, record.time, record.value, record.generation);
  });
  if (!read.ok()) {
    return RepairTrouble{read.error().message,
                         read.error().cure == Cure::person ? exit_config : exit_unavailable};
  }
  std::erase_if(events_, [&](const Event& event) { return !comparison_.lacks(event.id); });
  return std::nullopt;
}

std::optional<RepairTrouble> Repair::publish() {
  if (events_.empty()) return std::nullopt;
  kafka::JournalSettings settings;
  settings.connection = {config_.kafka, "auditstream-verify"};
  settings.group = config_.group;
  settings.offsets_topic = config_.offsets.topic;
  settings.instance = "verify-" + std::to_string(getpid());
  settings.topics = [this] {
    kafka::WritableTopics topics;
    topics.names = {source_->topic};
    topics.batch_bytes_max = std::min(topics.batch_bytes_max, record_bytes_max_.value_or(SIZE_MAX));
    return topics;
  };
  settings.now = [] { return runtime::read_clock().wall; };

  RepairTrouble trouble{"", exit_unavailable};
  for (int tries = 0; tries < tries_max; ++tries) {
    kafka::Takeover takeover(settings, {home_});
    auto opened = takeover.open();
    if (const auto* failed = std::get_if<core::JournalFailed>(&opened)) {
      trouble.text = failed->reason;
      if (!failed->misconfigured) continue;
      trouble.code = exit_config;
      return trouble;
    }
    if (auto stop = look_again(std::get<std::map<int, core::RecordMap>>(opened).at(home_))) return stop;
    if (!events_.empty()) {
      core::Unit unit;
      unit.source = source_;
      unit.events = events_;
      unit.now = runtime::read_clock().wall;
      unit.generation = generation_;
      unit.repaired = unit.now;
      auto batch = std::make_shared<core::Batch>();
      batch->add(std::move(unit));
      const core::JournalDone done = takeover.publish(home_, std::move(batch));
      trouble.text = "not published: " + done.detail;
      if (!done.blocked.empty() || done.outcome == core::Outcome::refused) {
        trouble.code = done.outcome == core::Outcome::refused ? exit_problem : exit_config;
        return trouble;
      }
      if (done.outcome != core::Outcome::committed) continue;
    }
    for (const Event& event : events_) comparison_.repaired(event.id);
    events_.clear();
    ids_.clear();
    bytes_ = 0;
    return std::nullopt;
  }
  return trouble;
}

}  // namespace auditstream::cli
