// Shard, its commits: the finished work of many sources becomes one transaction, and what comes of it.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/hash.h"
#include "core/backoff.h"
#include "core/shard.h"

namespace auditstream::core {

void Shard::note_ready(Slot& slot, Now now) {
  Poller& poller = slot.poller;
  if (!poller.has_unit()) return;
  if (!poller.has_events()) {  // it needs no topic
    ready_.insert(slot.index);
    return;
  }
  const Source& source = poller.source();
  if (const std::string* why = blocked_sources_.takes_nothing(source.topic);
      why != nullptr && !blocked_sources_.find(source.name)) {
    blocked_sources_.hold(source.name, source.topic, *why, now);
    poller.block(blocked_sources_.find(source.name)->last_error);
  }
  if (blocked_sources_.admit(source.name, now)) ready_.insert(slot.index);
}

// Alone in its transaction, so that no other source's events are lost if the broker refuses its own.
bool Shard::goes_alone(std::string_view source) const {
  return isolated_.contains(std::string(source)) || blocked_sources_.find(source) != nullptr;
}

// Fills the batch with finished work while there is room; what finds none waits in its poller, which reads no
// further.
void Shard::gather(Now now) {
  const auto alone = [this] {
    return !gathering_.units.empty() && goes_alone(gathering_.units.front().source->name);
  };
  while (!ready_.empty() && !alone() && gathering_.events < events_allowed_ &&
         gathering_.bytes < limits_.batch_bytes) {
    // Round robin by index: take one unit of each, so that a backfill doesn't keep the others waiting.
    const auto next =
        ready_.lower_bound(gather_next_) == ready_.end() ? ready_.begin() : ready_.lower_bound(gather_next_);
    Slot& slot = slots_[*next];
    const std::string& source = slot.poller.source().name;
    if (goes_alone(source) && !gathering_.units.empty()) return;  // in the next batch
    gather_next_ = slot.index + 1;
    const auto isolated = isolated_.find(source);
    const std::size_t room =
        std::min(isolated == isolated_.end() ? SIZE_MAX : isolated->second, room_of(gathering_));
    std::vector<Action> actions;
    std::optional<Unit> unit = slot.poller.take_unit(now, room, actions);
    if (unit) {
      gathering_.add(*std::move(unit));
    } else {
      blocked_sources_.end_trial(source);
    }
    if (!slot.poller.has_unit()) ready_.erase(slot.index);
    act(slot, std::move(actions), now);
    if (slot.present != nullptr && !slot.present->poller.has_history()) join(slot, now);
    step_poller(slot, now);
  }
}

// Its history is over, or one with it again: then the floor has gone back behind what it is reading.
void Shard::join(Slot& history, Now now) {
  Slot& present = *history.present;
  std::vector<Action> actions;
  present.poller.start_over(actions);
  ready_.erase(present.index);
  act(present, std::move(actions), now);
  schedule(present);
}

// Unless a batch has timed out, a window is committed whole as soon as a batch has room for its first event.
std::size_t Shard::room_of(const Batch& batch) const {
  return events_allowed_ < limits_.batch_events ? events_allowed_ - batch.events : SIZE_MAX;
}

// After a timeout, batches are half as large: a quota or a slow disk lets only so much through. After a quick
// commit they grow again.
void Shard::allow(const Batch& batch, const JournalDone& done, Now now) {
  if (done.timed_out) {
    if (batch.bytes <= limits_.small_batch_bytes) return;  // its size was not the cause
    events_allowed_ = std::max<std::size_t>(1, std::min(events_allowed_, batch.events) / 2);
  } else if (done.outcome == Outcome::committed && batch.events * 2 > events_allowed_ &&
             now.steady - commit_began_ < limits_.quick_commit) {
    events_allowed_ = std::min(limits_.batch_events, events_allowed_ * 2);
  }
}

void Shard::gather_progress(Now now) {
  std::size_t added = 0;
  for (Slot& slot : slots_) {
    if (added == limits_.progress_units_max) return;  // the rest with the next batch
    if (slot.present != nullptr) continue;
    if (std::optional<Unit> unit = slot.poller.take_progress(now)) {
      gathering_.add(*std::move(unit));
      ++added;
    }
    if (slot.history != nullptr) slot.history->poller.progress_is_taken();
  }
  urgent_ = false;
  progress_due_ = now.steady + limits_.progress_interval;
}

// In a batch of their own while their topic can't be written to, so that no events wait for it.
void Shard::gather_heartbeats(Now now) {
  if (now.steady < heartbeats_due_ || draining_) return;
  if (heartbeats_refused_ > 0 && !gathering_.units.empty()) return;
  const HeartbeatSeries& series = *world_.heartbeats;
  std::size_t added = 0;
  heartbeats_due_ = now.steady + series.interval;
  for (Slot& slot : slots_) {
    if (slot.present != nullptr) continue;
    if (slot.heartbeat_at <= now.steady && added < limits_.progress_units_max) {
      slot.heartbeat_at = now.steady + series.interval;
      if (std::optional<Unit> unit = slot.poller.take_heartbeat(series.topic, now)) {
        gathering_.add(*std::move(unit));
        ++added;
      }
    }
    heartbeats_due_ = std::min(heartbeats_due_, slot.heartbeat_at);
  }
}

// Nothing else waits for a topic of heartbeats.
void Shard::hold_heartbeats(const std::vector<BlockedTopic>& blocked, Now now) {
  if (!world_.heartbeats) return;
  const auto found = std::ranges::find(blocked, world_.heartbeats->topic, &BlockedTopic::topic);
  if (found == blocked.end()) return;
  if (heartbeats_refused_++ == 0)
    world_.observer.shard_said(partition_, Notice{Level::error, "no_heartbeats", found->why});
  heartbeats_due_ = now.steady + backoff(limits_.blocked_wait, heartbeats_refused_, limits_.blocked_wait_max);
}

void Shard::commit_if_due(Now now) {
  if (committing_ || now.steady < commit_not_before_) return;
  gather_heartbeats(now);
  if (!gathering_.units.empty() || urgent_ || draining_ || now.steady >= progress_due_) gather_progress(now);
  if (gathering_.units.empty()) {
    if (draining_ && ready_.empty()) {
      state_ = State::closing;
      drop_pollers();
      journal_.close();
    }
    return;
  }
  begin_commit(std::make_shared<const Batch>(std::exchange(gathering_, {})), now);
  gather(now);
}

void Shard::begin_commit(std::shared_ptr<const Batch> batch, Now now) {
  committing_ = std::move(batch);
  commit_began_ = now.steady;
  commit_not_before_ = now.steady + limits_.commit_interval;
  journal_.commit(committing_);
}

// Of events, nobody but the vendor still has what is gone, and no cursor goes back by itself: consumers may have seen it. Of
// cursors, we have the latest.
void Shard::note_truncated(const std::vector<TruncatedLog>& logs) {
  for (const TruncatedLog& log : logs) {
    if (log.of_cursors) {
      for (Slot& slot : slots_) slot.poller.write_cursor_again();
      urgent_ = true;
    }
    world_.observer.shard_said(
        partition_,
        Notice{
            Level::error, "log_truncated",
            "partition " + std::to_string(log.partition) + " of topic " + log.topic + " was cut: offset " +
                std::to_string(log.acknowledged) + " was acknowledged, and now a record was written at " +
                std::to_string(log.written) +
                ": Kafka has lost records (unclean leader election), or somebody has made the topic again; " +
                (log.of_cursors
                     ? "the cursors of all sources that this instance polls there are written again"
                     : "find what is missing with auditstream verify SOURCE --from T --to T, and publish it "
                       "with --repair")});
  }
}

void Shard::on_done(const JournalDone& done, Now now) {
  AS_CHECK(state_ == State::open && committing_);
  const std::shared_ptr<const Batch> batch = std::exchange(committing_, nullptr);
  world_.observer.transacted(*batch, done.outcome, now.steady - commit_began_, now.wall);
  allow(*batch, done, now);
  note_truncated(done.truncated);
  if (done.outcome == Outcome::committed) {
    failed_in_a_row_ = 0;
    std::set<std::string_view> committed;
    for (const Unit& unit : batch->units) {
      committed.insert(unit.source->name);
      published(unit, now);
      if (unit.heartbeat && std::exchange(heartbeats_refused_, 0) > 0)
        world_.observer.shard_said(partition_,
                                   Notice{Level::info, "recovered", "heartbeats are published again"});
      const auto isolated = isolated_.find(unit.source->name);
      if (isolated == isolated_.end() || unit.events.empty()) continue;
      isolated->second *= 2;
      if (isolated->second >= limits_.batch_events) isolated_.erase(isolated);
    }
    for (Slot& slot : slots_) {
      const Source& source = slot.poller.source();
      if (!committed.contains(source.name)) continue;
      slot.poller.on_committed();
      if (source.enabled) with_cursor_.insert(source.name);
      schedule(slot);
    }
    return;
  }
  if (!done.blocked.empty()) {
    hold_heartbeats(done.blocked, now);
    const bool news = hold(*batch, done.blocked, now);
    world_.observer.shard_said(partition_,
                               Notice{news ? Level::error : Level::debug, "commit_failed", done.detail});
    shown_ = status(now);
    reopen_after_failure(now);
    return;
  }
  world_.observer.shard_said(partition_, Notice{Level::warn, "commit_failed", done.detail});
  if (done.outcome == Outcome::fenced) {
    taken_over(now);
    return;
  }
  // A topic's limit was lowered: size alone tells which events are too large for it now.
  bool smaller = false;
  for (const auto& [topic, bytes] : done.record_bytes_max)
    smaller = std::exchange(world_.record_bytes_max[topic], bytes) != bytes || smaller;
  if (done.outcome == Outcome::refused && !smaller) suspect(*batch);
  reopen_after_failure(now);
}

// Bisects for the refused event: each source with events in the batch commits alone, half as many, until one
// event is left. Dead letters don't count: those without a readable time come along however small the part of
// their window.
void Shard::suspect(const Batch& batch) {
  std::set<std::string> suspects;
  for (const Unit& unit : batch.units) {
    if (!unit.events.empty()) suspects.insert(unit.source->name);
  }
  for (const std::string& name : suspects) {
    std::size_t& allowed = isolated_.try_emplace(name, batch.events).first->second;
    allowed = std::min(allowed, batch.events);
    if (suspects.size() > 1 || allowed > 1) {
      allowed = std::max<std::size_t>(1, allowed / 2);
      continue;
    }
    for (const Unit& unit : batch.units) {
      for (const Event& event : unit.events) refused_[name].push_back(hash64(event.id));
    }
  }
}

// Sources that need a blocked topic wait, so that the work of the others can be committed. True if that
// should be logged: at once, then at a falling rate.
bool Shard::hold(const Batch& batch, const std::vector<BlockedTopic>& blocked, Now now) {
  const auto reason = [&](const std::string& topic) -> const BlockedTopic* {
    const auto found = std::ranges::find(blocked, topic, &BlockedTopic::topic);
    return found == blocked.end() ? nullptr : &*found;
  };
  std::map<std::string, std::optional<std::string>> topics;
  for (const Unit& unit : batch.units) {
    const BlockedTopic* why = unit.events.empty() ? nullptr : reason(unit.source->topic);
    if (why == nullptr && !unit.dead_letters.empty()) why = reason(unit.source->dead_letter_topic);
    if (why == nullptr) continue;
    blocked_sources_.hold(unit.source->name, why->topic, why->why, now);
    for (Slot& slot : slots_) {
      if (slot.poller.source().name == unit.source->name)
        slot.poller.block(blocked_sources_.find(unit.source->name)->last_error);
    }
    topics[why->topic] = why->to_everybody ? std::optional(why->why) : std::nullopt;
  }
  // A topic that rejects every source needs no trial by the others that wait for it.
  for (const BlockedTopic& each : blocked) {
    if (each.to_everybody && blocked_sources_.any_for(each.topic)) topics.emplace(each.topic, each.why);
  }
  bool news = false;
  for (const auto& [topic, to_everybody] : topics)
    news = blocked_sources_.leave_alone(topic, to_everybody, now) || news;
  return news;
}

void Shard::published(const Unit& unit, Now now) {
  if (unit.events.empty() && unit.dead_letters.empty()) return;
  const std::map<std::string, BlockedSource> free = blocked_sources_.release(unit.source->name);
  if (free.empty()) return;
  for (Slot& slot : slots_) {
    const auto blocked = free.find(slot.poller.source().name);
    if (blocked == free.end()) continue;
    slot.poller.block(std::nullopt);
    note_ready(slot, now);
    world_.observer.said(
        slot.poller.source(),
        Notice{Level::info, "recovered", "publishing again after: " + blocked->second.last_error.text});
  }
}

// The least tried source comes first.
void Shard::try_held(Now now) {
  if (blocked_sources_.due() > now.steady) return;
  std::vector<std::pair<int, std::size_t>> waiting;
  for (const Slot& slot : slots_) {
    if (const BlockedSource* blocked = blocked_sources_.find(slot.poller.source().name))
      waiting.emplace_back(blocked->last_error.attempts, slot.index);
  }
  std::ranges::sort(waiting);
  for (const auto& [attempts, index] : waiting) note_ready(slots_[index], now);
  blocked_sources_.offered(now);
}

}  // namespace auditstream::core
