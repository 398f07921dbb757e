#include "core/shard.h"

#include <algorithm>
#include <utility>

#include "core/backoff.h"

namespace auditstream::core {
namespace {

constexpr Duration reopen_wait_first = 100ms;
constexpr Duration reopen_wait_max = 10s;
// After being fenced: the other process may be the rightful owner, or a tool that leaves soon.
constexpr Duration polite_wait = 1s;
constexpr double polite_wait_spread = 4;
constexpr Duration clocks_agree = 60s;
constexpr int present_in_a_row_max = 4;

}  // namespace

Shard::Shard(int partition, std::vector<std::shared_ptr<const Source>> sources, Journal& journal,
             ShardWorld& world, ShardLimits limits)
    : partition_(partition),
      journal_(journal),
      world_(world),
      limits_(limits),
      sources_(std::move(sources)),
      random_(world.seed ^ (static_cast<std::uint64_t>(partition) * 0x9e3779b97f4a7c15)),
      events_allowed_(limits.batch_events),
      blocked_sources_(limits.blocked_wait, limits.blocked_wait_max) {}

void Shard::start(Now, std::size_t together) {
  AS_CHECK(state_ == State::idle);
  starting_together_ = together;
  open_journal();
}

void Shard::open_journal() {
  state_ = State::opening;
  marks_.clear();
  mark_seen_ = false;
  journal_.open();
}

void Shard::on_journal(JournalEvent event, Now now) {
  if (std::holds_alternative<JournalClosed>(event)) {
    AS_CHECK(state_ == State::closing);
    state_ = State::closed;
  } else if (const auto* failed = std::get_if<JournalFailed>(&event)) {
    AS_CHECK(state_ == State::opening);
    not_opened_ = *failed;
    shown_.clear();
    world_.observer.shard_said(partition_, Notice{failed->error.lasts() ? Level::error : Level::warn,
                                                  "journal_not_open", failed->error.message});
    reopen_after_failure(now);
  } else if (auto* opened = std::get_if<JournalOpened>(&event)) {
    AS_CHECK(state_ == State::opening);
    not_opened_.reset();
    shown_.clear();
    if (draining_) {
      state_ = State::closing;
      journal_.close();
      return;
    }
    state_ = State::open;
    mark_ = std::move(opened->mark);
    ahead_of_broker_ = opened->ahead_of_broker;
    clock_vouched_ = ahead_of_broker_ && std::chrono::abs(*ahead_of_broker_) <= clocks_agree
                         ? std::optional(now)
                         : std::nullopt;
    build_pollers(std::move(opened->records), now);
    world_.observer.shard_said(
        partition_, Notice{Level::debug, "shard_open", std::to_string(sources_.size()) + " sources"});
    for (const std::string& mark : std::exchange(marks_, {})) on_mark(mark, now);
  } else {
    on_done(std::get<JournalDone>(event), now);
  }
  step(now);
}

// The log of the partition lists its owners in order. What came before our own mark is history.
void Shard::on_mark(const std::string& mark, Now now) {
  if (state_ == State::opening) {
    marks_.push_back(mark);
    return;
  }
  if (state_ != State::open) return;
  if (mark == mark_) {
    mark_seen_ = true;
  } else if (mark_seen_ && !committing_) {  // a commit under way will say so itself
    taken_over(now);
  }
}

void Shard::taken_over(Now now) {
  world_.observer.shard_said(
      partition_,
      Notice{Level::info, "shard_taken", "somebody else has opened this partition: opening it again soon"});
  reopen(jittered(polite_wait, polite_wait_spread, random_), now);
}

void Shard::reopen_after_failure(Now now) {
  reopen(jittered(backoff(reopen_wait_first, ++failed_in_a_row_, reopen_wait_max), 1, random_), now);
}

// Whatever is not in Kafka is forgotten: only what a restore brings back counts.
void Shard::reopen(Duration wait, Now now) {
  drop_pollers();
  if (draining_) {
    shown_.clear();
    state_ = State::closing;
    journal_.close();
    return;
  }
  state_ = State::waiting;
  reopen_at_ = now.steady + wait;
}

void Shard::drop_pollers() {
  for (const auto& [id, poller] : requests_) world_.client.cancel(id);
  requests_.clear();
  ready_.clear();
  timers_.clear();
  slots_.clear();
  // The budgets stay: the vendor has not forgotten our requests.
  for (auto& [name, account] : accounts_) {
    account.queue.clear();
    account.history_queue.clear();
    account.inherited = false;
    set_timer(account, Steady::max());
  }
  gathering_ = {};
  blocked_sources_.end_trials();
  urgent_ = false;
}

// --- the pollers

bool Shard::on_response(http::RequestId id, const http::Response& response, Now now) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return false;
  Slot& slot = *found->second;
  requests_.erase(found);
  world_.observer.answered(slot.poller.source(), response);
  std::vector<Action> actions;
  slot.poller.on_response(id, response, now, actions);
  act(slot, std::move(actions), now);
  step_poller(slot, now);
  return true;
}

void Shard::step_poller(Slot& slot, Now now) {
  std::vector<Action> actions;
  if (!slot.waits_for_present()) slot.poller.step(now, actions);
  act(slot, std::move(actions), now);
  note_ready(slot, now);
  urgent_ = urgent_ || slot.poller.urgent();
  schedule(slot);
  if (slot.present == nullptr && slot.poller.has_history()) add_history(slot, now);
}

void Shard::act(Slot& slot, std::vector<Action> actions, Now now) {
  Account& account = *slot.account;
  for (Action& action : actions) {
    if (auto* send = std::get_if<Send>(&action)) {
      requests_.emplace(send->id, &slot);
      (slot.present != nullptr ? account.history_queue : account.queue)
          .push_back({&slot, std::move(*send), now.steady});
    } else if (const auto* cancel = std::get_if<Cancel>(&action)) {
      requests_.erase(cancel->id);
      std::erase_if(slot.present != nullptr ? account.history_queue : account.queue,
                    [&](const Account::Waiting& waiting) { return waiting.send.id == cancel->id; });
      world_.client.cancel(cancel->id);
    } else if (const auto* silence = std::get_if<Silence>(&action)) {
      account.limit.block(now.steady + silence->duration);
      account.reserved.reset();
    } else if (const auto* poll = std::get_if<PollResult>(&action)) {
      world_.observer.polled(slot.poller.source(), *poll, now.wall);
    } else if (const auto* ignored = std::get_if<RowsIgnored>(&action)) {
      world_.observer.ignored_rows(slot.poller.source(), ignored->count);
    } else {
      world_.observer.said(slot.poller.source(), std::get<Notice>(action));
    }
  }
  pump(account, now);
}

// Sends what the rate limit allows, the present first, then first in, first out. A budget that the present alone could use
// up must not keep the past from ever ending.
void Shard::pump(Account& account, Now now) {
  while (!account.queue.empty() || !account.history_queue.empty()) {
    const Steady moment = account.reserved.value_or(account.limit.next(now.steady));
    if (moment > now.steady) {
      set_timer(account, moment);
      return;
    }
    if (!account.reserved) account.limit.take(now.steady);
    account.reserved.reset();
    const bool past = !account.history_queue.empty() &&
                      (account.queue.empty() || account.present_in_a_row >= present_in_a_row_max);
    account.present_in_a_row = past ? 0 : account.present_in_a_row + 1;
    std::deque<Account::Waiting>& queue = past ? account.history_queue : account.queue;
    Account::Waiting first = std::move(queue.front());
    queue.pop_front();
    world_.observer.waited(first.slot->poller.source(), now.steady - first.since);
    world_.client.send(first.send.id, std::move(first.send.request));
  }
  account.reserved.reset();
  set_timer(account, Steady::max());
}

std::optional<Lent> Shard::lend_request(std::string_view source, Now now) {
  const auto slot =
      std::ranges::find(slots_, source, [](const Slot& each) { return each.poller.source().name; });
  if (state_ != State::open || slot == slots_.end()) return std::nullopt;
  Account& account = *slot->account;
  if (account.lent_until > now.steady) return Lent{false, account.lent_until - now.steady};
  const auto take_next = [&] {
    const Steady moment = account.limit.next(now.steady);
    account.limit.take(moment);
    return moment;
  };
  // A tool that asks all the time gets every other request.
  const bool own_ones_wait = !account.queue.empty() || !account.history_queue.empty();
  if (own_ones_wait && !account.reserved) account.reserved = take_next();
  account.lent_until = take_next();
  pump(account, now);
  return Lent{true, account.lent_until - now.steady};
}

void Shard::set_timer(Account& account, Steady moment) {
  if (account.timer == moment) return;
  account_timers_.erase({account.timer, account.name});
  account.timer = moment;
  if (moment != Steady::max()) account_timers_.emplace(moment, account.name);
}

void Shard::schedule(Slot& slot) {
  timers_.erase({slot.timer, slot.index});
  slot.timer = slot.waits_for_present() ? Steady::max() : slot.poller.wake_at();
  if (slot.timer != Steady::max()) timers_.emplace(slot.timer, slot.index);
  if (slot.history != nullptr) schedule(*slot.history);
}

void Shard::step(Now now) {
  if (state_ == State::waiting && now.steady >= reopen_at_) open_journal();
  if (state_ != State::open) return;
  while (!account_timers_.empty() && account_timers_.begin()->first <= now.steady) {
    pump(accounts_.find(account_timers_.begin()->second)->second, now);
  }
  // As many as there are now: a poller that wants to go on at once has its turn with the next step.
  for (std::size_t due = timers_.size(); due > 0 && !timers_.empty() && timers_.begin()->first <= now.steady;
       --due) {
    step_poller(slots_[timers_.begin()->second], now);
  }
  try_held(now);
  gather(now);
  commit_if_due(now);
}

Steady Shard::wake_at() const {
  if (state_ == State::waiting) return reopen_at_;
  if (state_ != State::open) return Steady::max();
  Steady wake = timers_.empty() ? Steady::max() : timers_.begin()->first;
  if (!account_timers_.empty()) wake = std::min(wake, account_timers_.begin()->first);
  wake = std::min(wake, blocked_sources_.due());
  if (!committing_) {
    if (!gathering_.units.empty() || urgent_ || draining_) wake = std::min(wake, commit_not_before_);
    wake = std::min(wake, std::max(std::min(progress_due_, heartbeats_due_), commit_not_before_));
  }
  return wake;
}

// --- the end

void Shard::abandon(Now now) {
  if (state_ == State::open) {
    drop_pollers();
    ready_.clear();
  }
  drain(now);
}

void Shard::drain(Now now) {
  if (draining_) return;
  draining_ = true;
  shown_.clear();
  if (state_ == State::idle) {
    state_ = State::closed;
    return;
  }
  if (state_ == State::waiting) {
    state_ = State::closing;
    journal_.close();
    return;
  }
  if (state_ != State::open) return;
  for (Slot& slot : slots_) {
    std::vector<Action> actions;
    slot.poller.drain(actions);
    act(slot, std::move(actions), now);
    schedule(slot);
  }
  step(now);
}

std::vector<SourceStatus> Shard::status(Now now) const {
  std::set<std::string_view> names;
  for (const auto& source : sources_) names.insert(source->name);
  std::vector<SourceStatus> all = shown_;
  std::erase_if(all, [&](const SourceStatus& shown) { return !names.contains(shown.source->name); });
  for (const Slot& slot : slots_) {
    if (slot.present != nullptr || !names.contains(slot.poller.source().name)) continue;
    PollerStatus status = slot.poller.status(now);
    if (slot.history != nullptr && slot.poller.has_history()) status.add(slot.history->poller.status(now));
    all.push_back({slot.poller.shared_source(), partition_, std::move(status)});
  }
  return all;
}

}  // namespace auditstream::core
