// Shard, its sources: who polls from where, as restored and as the config changes.
#include <algorithm>
#include <utility>

#include "auditstream/vendor.h"
#include "base/hash.h"
#include "core/adoption.h"
#include "core/shard.h"

namespace auditstream::core {
namespace {

constexpr Duration clock_behind_max = 24h;  // assumed possible if the broker's clock is unknown
constexpr Duration start_spacing = 10ms;    // sources of one process don't start in one moment

}  // namespace

void Shard::build_pollers(RecordMap records, Now now) {
  records_ = std::move(records);
  progress_due_ = now.steady + limits_.progress_interval;
  if (world_.heartbeats && heartbeats_refused_ == 0) heartbeats_due_ = now.steady;
  const std::size_t together = std::max(std::exchange(starting_together_, 0), sources_.size());
  for (const std::shared_ptr<const Source>& source : sources_) add_poller(source, together, now);
}

void Shard::add_poller(const std::shared_ptr<const Source>& source, std::size_t together, Now now) {
  const bool known = records_.contains(source->name);
  Poller poller = make_poller(source, nullptr, now);
  for (const std::uint64_t id : refused_[source->name]) poller.refuse_event(id);
  if (const BlockedSource* blocked = blocked_sources_.find(source->name)) poller.block(blocked->last_error);
  const Duration spread = std::min<Duration>(source->poll_interval * 9 / 10,
                                             start_spacing * static_cast<Duration::rep>(together));
  poller.start_at(now.steady + Duration{static_cast<Duration::rep>(
                                   hash64(source->name) % static_cast<std::uint64_t>(spread.count() + 1))});
  if (known) with_cursor_.insert(source->name);
  if (poller.cursor() != nullptr) {
    records_.erase(source->name);
    records_.erase(records_.lower_bound(source->name + "/"), records_.lower_bound(source->name + "0"));
  }
  Account& account = account_for(*source, now);
  // Whoever had this source before us may just have sent a request.
  if (known && !std::exchange(account.inherited, true)) account.limit.take(now.steady);
  Slot& slot = slots_.emplace_back(Slot{slots_.size(), std::move(poller), &account});
  urgent_ = urgent_ || slot.poller.urgent();
  schedule(slot);
}

// For a history that has just been told apart, or that the cursor has.
void Shard::add_history(Slot& present, Now now) {
  Slot* slot = present.history;
  if (slot != nullptr && slot->poller.reads_history_of(*present.poller.cursor())) return;
  Poller poller = Poller::of_history(present.poller);
  if (slot == nullptr) {
    slot = present.history = &slots_.emplace_back(Slot{slots_.size(), std::move(poller), present.account});
    slot->present = &present;
  } else {
    slot->poller = std::move(poller);
  }
  slot->poller.start_at(now.steady);
  schedule(*slot);
}

Shard::Account& Shard::account_for(const Source& source, Now now) {
  const auto [found, added] = accounts_.try_emplace(
      source.account,
      Account{source.account, source.rate_limit, RateLimit(source.rate_limit, now.steady), false, {}});
  Account& account = found->second;
  if (account.specs != source.rate_limit) {
    account.specs = source.rate_limit;
    account.limit = RateLimit(account.specs, now.steady);
    account.limit.take(now.steady);
  }
  return account;
}

// `predecessor` is the source under the settings that it had until now; its requests have been cancelled.
Poller Shard::make_poller(const std::shared_ptr<const Source>& source, const Poller* predecessor, Now now) {
  const auto stopped = [&](std::string reason) {
    world_.observer.said(*source, Notice{Level::error, "source_stopped", reason});
    return Poller::stopped(source, world_.secrets, std::move(reason), world_.next_request_id);
  };
  if (!source->enabled) {
    return Poller::stopped(source, world_.secrets, "disabled in the config (enabled: false)",
                           world_.next_request_id);
  }
  PollerOptions options = world_.options;
  options.clock_vouched = clock_vouched_;
  if (const auto found = world_.record_bytes_max.find(source->topic);
      found != world_.record_bytes_max.end()) {
    options.record_bytes_max = found->second;
  }
  Ledger ledger(*source, first_since(*source, now.wall), now.wall);
  const Cursor* cursor = predecessor != nullptr ? predecessor->cursor() : nullptr;
  if (cursor == nullptr && !records_.contains(source->name)) {
    const auto places = world_.cursors.find(source->name);
    if (places != world_.cursors.end()) {
      for (const auto& [partition, account] : places->second) {
        if (partition != partition_) return stopped(cursor_lies_in(*source, partition, account));
      }
    }
    // The tail may not have seen yet where the cursor was moved to.
    if (with_cursor_.contains(source->name)) return stopped(cursor_has_gone(*source, partition_));
    return {source,  world_.secrets,        std::move(ledger), Poller::InitialCursor::due,
            options, world_.next_request_id};
  }
  if (cursor == nullptr) {
    Result<Ledger> restored = Ledger::restore(source->name, records_);
    if (!restored.ok()) {
      return stopped(cursor_cant_be_used(*source, restored.error().message));
    }
    if (restored->lost_chunks() > 0)
      return stopped(ids_have_gone(*source, restored->cursor(), restored->lost_chunks()));
    ledger = *std::move(restored);
    cursor = &ledger.cursor();
  }
  if (std::optional<std::string> reason = why_not_adopted(*source, *cursor, partition_)) {
    return stopped(*std::move(reason));
  }
  // By the later of our clock and the broker's, with allowance for ours being behind: that must stop no
  // source. With the new backfill_start_time: once there is one, the beginning is no longer corrected.
  Cursor adopted = *cursor;
  adopted.backfill_start_time = source->backfill_start_time;
  const Time latest = now.wall + std::max(-ahead_of_broker_.value_or(Duration{0}), Duration{0});
  const Duration behind_max = ahead_of_broker_ ? Duration{0} : clock_behind_max;
  if (std::optional<std::string> reason = lies_in_the_future(*source, adopted, latest, behind_max))
    return stopped(*std::move(reason));
  for (const Notice& warning : adoption_warnings(*source, *cursor)) world_.observer.said(*source, warning);
  ledger.adopt(*source);
  return {source,  world_.secrets,        std::move(ledger), Poller::InitialCursor::committed,
          options, world_.next_request_id};
}

void Shard::reconfigure(std::vector<std::shared_ptr<const Source>> sources, Now now) {
  sources_ = std::move(sources);
  if (state_ != State::open || draining_) return;
  std::map<std::string_view, Slot*> gone;
  for (Slot& slot : slots_) {
    if (slot.present == nullptr) gone.emplace(slot.poller.source().name, &slot);
  }
  for (const std::shared_ptr<const Source>& source : sources_) {
    const auto known = gone.find(source->name);
    if (known == gone.end()) {
      add_poller(source, sources_.size(), now);
      continue;
    }
    if (known->second->poller.shared_source() != source) change_poller(*known->second, source, now);
    gone.erase(known);
  }
  // The slot stays, so that the source can come back.
  for (const auto& [name, slot] : gone) {
    auto source = std::make_shared<Source>(slot->poller.source());
    source->enabled = false;
    with_cursor_.erase(source->name);
    change_poller(*slot, source, now);
  }
  step(now);
}

void Shard::begin_source(std::string_view name, Now now) {
  if (state_ != State::open || draining_) return;
  for (Slot& slot : slots_) {
    const Poller& poller = slot.poller;
    if (slot.present == nullptr && poller.source().name == name && poller.stopped() &&
        poller.cursor() == nullptr) {
      change_poller(slot, poller.shared_source(), now);
    }
  }
  step(now);
}

void Shard::change_poller(Slot& slot, const std::shared_ptr<const Source>& source, Now now) {
  Poller successor = make_poller(source, &slot.poller, now);
  std::vector<Action> actions;
  successor.succeed(slot.poller, actions);
  act(slot, std::move(actions), now);
  ready_.erase(slot.index);
  if (const BlockedSource* blocked = blocked_sources_.find(source->name)) {
    blocked_sources_.end_trial(source->name);
    if (blocked->topic == source->topic || blocked->topic == source->dead_letter_topic) {
      successor.block(blocked->last_error);
    } else {
      blocked_sources_.forget(source->name);
      successor.block(std::nullopt);
    }
  }
  successor.start_at(now.steady);
  slot.poller = std::move(successor);
  slot.account = &account_for(*source, now);
  urgent_ = urgent_ || slot.poller.urgent();
  schedule(slot);
  if (slot.history == nullptr) return;
  Slot& history = *slot.history;
  Poller beside = slot.poller.has_history()
                      ? Poller::of_history(slot.poller)
                      : Poller::stopped(source, world_.secrets, "", world_.next_request_id);
  actions.clear();
  beside.succeed(history.poller, actions);
  act(history, std::move(actions), now);
  ready_.erase(history.index);
  beside.start_at(now.steady);
  history.poller = std::move(beside);
  history.account = slot.account;
  schedule(history);
}

}  // namespace auditstream::core
