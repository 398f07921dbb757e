#include "cli/repair.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/adoption.h"
#include "core/envelope.h"
#include "core/home_partition.h"
#include "core/shard.h"
#include "kafka/takeover.h"
#include "runtime/clock.h"
#include "runtime/kafka_connection.h"

namespace auditstream::cli {
namespace {

// A fenced owner returns only after a second or more, so the second attempt almost always succeeds.
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

Status Repair::prepare() {
  config::Config ours = config_;
  ours.sources = {source_};
  const Result<kafka::ClusterFacts> prepared =
      kafka::Cluster(runtime::kafka_connection(config_, "auditstream-verify")).prepare(ours, true);
  if (!prepared.ok()) return prepared.error();
  const auto& limits = prepared->record_bytes_max;
  if (const auto found = limits.find(source_->topic); found != limits.end())
    record_bytes_max_ = found->second;
  return success();
}

Status Repair::add(const Event& event) {
  if (!event.time || event.flaw || !comparison_.lacks(event.id) || !ids_.insert(event.id).second)
    return success();
  if (record_bytes_max_ && !core::fits_record(event, *record_bytes_max_)) {
    ++too_large_;
    return success();
  }
  const std::size_t bytes = event.raw.size();
  const core::ShardLimits limits;
  if (!events_.empty() && (events_.size() == limits.batch_events || bytes_ + bytes > limits.batch_bytes)) {
    if (Status published = publish(); !published.ok()) return published;
  }
  // A copy, so that the much larger page can be freed.
  Event kept = event;
  kept.body = std::make_shared<std::string>(event.raw);
  kept.raw = *kept.body;
  events_.push_back(std::move(kept));
  bytes_ += bytes;
  return success();
}

Status Repair::finish() { return publish(); }

// Nothing is published twice: all events of the range lie at or below the floor of the cursor that was
// restored after the fence, so no later owner publishes them; and whatever an earlier owner or a killed
// repair has published is in the topic by now and is seen here.
Status Repair::look_again(const core::RecordMap& shard) {
  const auto found = shard.find(source_->name);
  const auto cursor = found == shard.end() ? Result<core::DecodedCursor>(Error{"it has gone"})
                                           : core::decode_cursor(found->second);
  if (!cursor.ok() || core::why_not_adopted(*source_, cursor->cursor, home_) ||
      core::settled_until(cursor->cursor, source_->overlap) < range_.to) {
    return Error{
        "the cursor of " + source_->name + " was set back, moved or removed in the meantime: run this again",
        ErrorKind::refused};
  }
  generation_ = cursor->cursor.generation;
  const std::string ours = core::event_source(*source_);
  Status read = topic_.read_on([&](const kafka::TopicRecord& record) {
    if (record.source == ours) comparison_.topic_has(record.id, record.time, record.value, record.generation);
  });
  if (!read.ok()) return read;
  std::erase_if(events_, [&](const Event& event) { return !comparison_.lacks(event.id); });
  return success();
}

Status Repair::publish() {
  if (events_.empty()) return success();
  kafka::JournalSettings settings;
  settings.connection = runtime::kafka_connection(config_, "auditstream-verify");
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

  Error error;
  for (int tries = 0; tries < tries_max; ++tries) {
    kafka::Takeover takeover(settings, {home_});
    const Result<std::map<int, core::RecordMap>> opened = takeover.open();
    if (!opened.ok()) {
      error = opened.error();
      if (!error.lasts()) continue;
      return error;
    }
    if (Status looked = look_again(opened->at(home_)); !looked.ok()) return looked;
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
      error = {"not published: " + done.detail};
      if (done.outcome == core::Outcome::refused) {
        error.kind = ErrorKind::refused;
      } else if (!done.blocked.empty()) {
        error.kind = ErrorKind::misconfigured;
      }
      if (error.lasts()) return error;
      if (done.outcome != core::Outcome::committed) continue;
    }
    for (const Event& event : events_) comparison_.repaired(event.id);
    events_.clear();
    ids_.clear();
    bytes_ = 0;
    return success();
  }
  return error;
}

}  // namespace auditstream::cli
