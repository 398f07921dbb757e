// Shard, its commits: the finished work of many sources becomes one transaction, and what comes of it.
#include <algorithm>
#include <set>
#include <utility>

#include "auditstream/hash.h"
#include "auditstream/shard.h"

namespace auditstream {

void Shard::note_ready(std::size_t index) {
  const Poller& poller = pollers_[index];
  if (poller.has_unit() && !held_.contains(poller.source().name)) ready_.insert(index);
}

// Fills the batch with finished work while there is room; what finds none waits in its poller, which reads no
// further.
void Shard::gather(Now now) {
  const auto alone = [this] {
    return !gathering_.units.empty() && cautious_.contains(gathering_.units.front().source->name);
  };
  while (!ready_.empty() && !alone() && gathering_.events < limits_.batch_events &&
         gathering_.bytes < limits_.batch_bytes) {
    // Round robin by index: take one unit of each, so that a backfill doesn't keep the others waiting.
    const auto next =
        ready_.lower_bound(gather_next_) == ready_.end() ? ready_.begin() : ready_.lower_bound(gather_next_);
    const std::size_t index = *next;
    const auto cautious = cautious_.find(pollers_[index].source().name);
    if (cautious != cautious_.end() && !gathering_.units.empty()) return;  // alone, in the next batch
    gather_next_ = index + 1;
    const std::size_t room = cautious == cautious_.end() ? SIZE_MAX : cautious->second;
    std::vector<Action> actions;
    std::optional<Unit> unit = pollers_[index].take_unit(now, room, actions);
    if (unit) gathering_.add(*std::move(unit));
    if (!pollers_[index].has_unit()) ready_.erase(index);
    act(index, std::move(actions), now);
    run_poller(index, now);
  }
}

void Shard::gather_progress(Now now) {
  std::size_t added = 0;
  for (Poller& poller : pollers_) {
    if (added == limits_.progress_units_max) return;  // the rest with the next batch
    if (!poller.has_progress()) continue;
    if (std::optional<Unit> unit = poller.take_progress(now)) {
      gathering_.add(*std::move(unit));
      ++added;
    }
  }
  urgent_ = false;
  progress_due_ = now.steady + limits_.progress_interval;
}

void Shard::commit_if_due(Now now) {
  if (committing_ || now.steady < commit_not_before_) return;
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

void Shard::on_done(const JournalDone& done, Now now) {
  AS_CHECK(state_ == State::open && committing_);
  const std::shared_ptr<const Batch> batch = std::exchange(committing_, nullptr);
  world_.observer.transacted(*batch, done.outcome, now.steady - commit_began_, now.wall);
  if (done.outcome == Outcome::committed) {
    reopens_in_a_row_ = 0;
    std::set<std::string_view> committed;
    for (const Unit& unit : batch->units) {
      committed.insert(unit.source->name);
      const auto cautious = cautious_.find(unit.source->name);
      if (cautious == cautious_.end() || unit.events.empty()) continue;
      cautious->second *= 2;
      if (cautious->second >= limits_.batch_events) cautious_.erase(cautious);
    }
    for (std::size_t i = 0; i < pollers_.size(); ++i) {
      if (!committed.contains(pollers_[i].source().name)) continue;
      pollers_[i].on_committed();
      if (pollers_[i].source().enabled) with_cursor_.insert(pollers_[i].source().name);
      schedule(i);
    }
    return;
  }
  const bool denied = !done.denied.empty();
  world_.observer.shard_said(partition_,
                             Say{denied ? Level::error : Level::warn, "commit_failed", done.detail});
  if (denied) {
    hold(*batch, done.denied, now);
    reopen(backoff_wait(), now);
    return;
  }
  if (done.outcome == Outcome::fenced) {
    taken_over(now);
    return;
  }
  if (done.outcome == Outcome::refused) suspect(*batch);
  reopen(backoff_wait(), now);
}

// Which event was it? Each source that had some in the batch goes on alone and with half as many, until one
// is left. Dead letters don't count: those without a readable time come with their window, however little
// else.
void Shard::suspect(const Batch& batch) {
  std::set<std::string> suspects;
  for (const Unit& unit : batch.units) {
    if (!unit.events.empty()) suspects.insert(unit.source->name);
  }
  for (const std::string& name : suspects) {
    std::size_t& allowed = cautious_.try_emplace(name, batch.events).first->second;
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

// Those whose work needs a denied topic wait, so that the others' work can be committed without it.
void Shard::hold(const Batch& batch, const std::vector<std::string>& denied, Now now) {
  const auto is_denied = [&](const std::string& topic) { return std::ranges::count(denied, topic) > 0; };
  for (const Unit& unit : batch.units) {
    if ((!unit.events.empty() && is_denied(unit.source->topic)) ||
        (!unit.dead_letters.empty() && is_denied(unit.source->dead_letter_topic))) {
      held_[unit.source->name] = now.steady + limits_.denied_wait;
    }
  }
}

void Shard::release_held(Now now) {
  if (std::erase_if(held_, [&](const auto& entry) { return entry.second <= now.steady; }) == 0) return;
  for (std::size_t i = 0; i < pollers_.size(); ++i) note_ready(i);
}

}  // namespace auditstream
