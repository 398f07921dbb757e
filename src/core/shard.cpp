#include "auditstream/shard.h"

#include <algorithm>
#include <utility>

#include "auditstream/hash.h"
#include "auditstream/vendor.h"
#include "core/adoption.h"

namespace auditstream {
namespace {

constexpr Duration reopen_wait_first = 100ms;
constexpr Duration reopen_wait_max = 10s;
// After a fence: whoever it was may be the right owner, or a tool that soon leaves.
constexpr Duration polite_wait_least = 1s;
constexpr Duration polite_wait_spread = 4s;
constexpr Duration start_spacing = 10ms;  // sources of one process don't start in one moment

Time first_since(const Source& source, const Traits& traits, Time now) {
  const Time since = source.backfill_start_time.value_or(now);
  return Time{since.time_since_epoch() / traits.precision * traits.precision};
}

}  // namespace

Shard::Shard(int partition, std::vector<std::shared_ptr<const Source>> sources, Journal& journal,
             ShardWorld& world, ShardLimits limits)
    : partition_(partition),
      journal_(journal),
      world_(world),
      limits_(limits),
      sources_(std::move(sources)),
      random_(world.seed ^ (static_cast<std::uint64_t>(partition) * 0x9e3779b97f4a7c15)) {}

void Shard::start(Now, std::size_t together) {
  AS_CHECK(state_ == State::idle);
  together_ = together;
  open_journal();
}

void Shard::open_journal() {
  state_ = State::opening;
  marks_.clear();
  mark_seen_ = false;
  journal_.open();
}

// --- the journal

void Shard::on_journal(JournalEvent event, Now now) {
  if (std::holds_alternative<JournalClosed>(event)) {
    AS_CHECK(state_ == State::closing);
    state_ = State::closed;
  } else if (const auto* failed = std::get_if<JournalFailed>(&event)) {
    AS_CHECK(state_ == State::opening);
    if (failed->misconfigured) misconfigured_ = failed->reason;
    world_.observer.shard_said(partition_, Say{failed->misconfigured ? Level::error : Level::warn,
                                               "journal_not_open", failed->reason});
    reopen(backoff_wait(), now);
  } else if (auto* opened = std::get_if<JournalOpened>(&event)) {
    AS_CHECK(state_ == State::opening);
    misconfigured_.reset();
    if (draining_) {
      state_ = State::closing;
      journal_.close();
      return;
    }
    state_ = State::open;
    mark_ = std::move(opened->mark);
    build_pollers(std::move(opened->records), now);
    world_.observer.shard_said(partition_,
                               Say{Level::debug, "shard_open", std::to_string(sources_.size()) + " sources"});
    for (const std::string& mark : std::exchange(marks_, {})) on_mark(mark, now);
  } else {
    on_done(std::get<JournalDone>(event), now);
  }
  step(now);
}

void Shard::on_done(const JournalDone& done, Now now) {
  AS_CHECK(state_ == State::open && committing_);
  const std::shared_ptr<const Batch> batch = std::exchange(committing_, nullptr);
  if (done.outcome == Outcome::committed) {
    reopens_in_a_row_ = 0;
    world_.observer.committed(*batch, now.steady - commit_began_);
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

void Shard::note_ready(std::size_t index) {
  const Poller& poller = pollers_[index];
  if (poller.has_unit() && !held_.contains(poller.source().name)) ready_.insert(index);
}

// The log of the partition lists who opened it, one after the other. What came before our own mark is
// history.
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
      Say{Level::info, "shard_taken", "somebody else has opened this partition: opening it again soon"});
  reopen(polite_wait(), now);
}

Duration Shard::backoff_wait() {
  Duration wait = reopen_wait_first;
  for (int i = 0; i < reopens_in_a_row_ && wait < reopen_wait_max; ++i) wait *= 2;
  ++reopens_in_a_row_;
  wait = std::min(wait, reopen_wait_max);
  return wait + Duration{static_cast<Duration::rep>(static_cast<double>(wait.count()) * chance())};
}

Duration Shard::polite_wait() {
  return polite_wait_least +
         Duration{static_cast<Duration::rep>(static_cast<double>(polite_wait_spread.count()) * chance())};
}

// In [0, 1): those who wait for the same thing don't come back in one moment.
double Shard::chance() {
  random_ = random_ * 6364136223846793005 + 1442695040888963407;
  return static_cast<double>(random_ >> 11) * 0x1.0p-53;
}

// Whatever is not in Kafka is forgotten: only what a restore brings back counts.
void Shard::reopen(Duration wait, Now now) {
  drop_pollers();
  if (draining_) {
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
  wakes_.clear();
  account_of_.clear();
  pollers_.clear();
  // The budgets stay: the vendor has not forgotten our requests.
  for (auto& [name, account] : accounts_) {
    account.queue.clear();
    account.inherited = false;
    wake(account, Steady::max());
  }
  gathering_ = {};
  urgent_ = false;
}

void Shard::build_pollers(RecordMap records, Now now) {
  records_ = std::move(records);
  progress_due_ = now.steady + limits_.progress_interval;
  together_ = std::max(together_, sources_.size());
  for (const std::shared_ptr<const Source>& source : sources_) add_poller(source, now);
  together_ = 0;
}

void Shard::add_poller(const std::shared_ptr<const Source>& source, Now now) {
  const bool known = records_.contains(source->name);
  Poller poller = make_poller(source, nullptr, now);
  for (const std::uint64_t id : refused_[source->name]) poller.refuse_event(id);
  const Duration spread = std::min<Duration>(source->poll_interval * 9 / 10,
                                             start_spacing * static_cast<Duration::rep>(together_));
  poller.start_at(now.steady + Duration{static_cast<Duration::rep>(
                                   hash64(source->name) % static_cast<std::uint64_t>(spread.count() + 1))});
  if (known) with_cursor_.insert(source->name);
  if (poller.cursor() != nullptr) {
    records_.erase(source->name);
    records_.erase(records_.lower_bound(source->name + "/"), records_.lower_bound(source->name + "0"));
  }
  pollers_.push_back(std::move(poller));
  wakes_.push_back(Steady::max());
  account_of_.push_back(&account_for(*source, now));
  // Whoever had this source before us may just have sent a request.
  if (known && !std::exchange(account_of_.back()->inherited, true))
    account_of_.back()->limit.take(now.steady);
  urgent_ = urgent_ || pollers_.back().urgent();
  schedule(pollers_.size() - 1);
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
  const Vendor* vendor = find_vendor(source->vendor);
  AS_CHECK(vendor != nullptr);
  const auto stopped = [&](std::string reason) {
    world_.observer.said(*source, Say{Level::error, "source_stopped", reason});
    return Poller::stopped(source, *vendor, world_.secrets, std::move(reason), world_.next_request_id);
  };
  if (!source->enabled) {
    return Poller::stopped(source, *vendor, world_.secrets, "disabled in the config (enabled: false)",
                           world_.next_request_id);
  }
  PollerOptions options = world_.options;
  if (const auto found = world_.record_bytes_max.find(source->topic);
      found != world_.record_bytes_max.end()) {
    options.record_bytes_max = found->second;
  }
  Ledger ledger(*source, first_since(*source, vendor->traits(), now.wall), now.wall);
  const Cursor* cursor = predecessor != nullptr ? predecessor->cursor() : nullptr;
  if (cursor == nullptr && !records_.contains(source->name)) {
    const auto places = world_.cursors.find(source->name);
    if (places != world_.cursors.end()) {
      for (const auto& [partition, account] : places->second) {
        if (partition != partition_) return stopped(cursor_lies_in(*source, partition, account));
      }
    }
    // The tail may not have told yet where it lies now.
    if (with_cursor_.contains(source->name)) return stopped(cursor_has_gone(*source, partition_));
    return {source, *vendor, world_.secrets, std::move(ledger), false, options, world_.next_request_id};
  }
  if (cursor == nullptr) {
    Result<Ledger> restored = Ledger::restore(source->name, records_);
    if (!restored.ok()) {
      return stopped("the cursor of " + source->name + " can't be used: " + restored.error().message +
                     ": look at it with auditstream cursors show " + source->name +
                     ", then auditstream cursors reset " + source->name);
    }
    ledger = *std::move(restored);
    cursor = &ledger.cursor();
  }
  if (std::optional<std::string> reason = why_not_adopted(*source, *cursor, partition_)) {
    return stopped(*std::move(reason));
  }
  for (const Say& warning : adoption_warnings(*source, *cursor)) world_.observer.said(*source, warning);
  ledger.adopt(*source);
  return {source, *vendor, world_.secrets, std::move(ledger), true, options, world_.next_request_id};
}

// --- the config changes

void Shard::reconfigure(std::vector<std::shared_ptr<const Source>> sources, Now now) {
  sources_ = std::move(sources);
  if (state_ != State::open || draining_) return;
  together_ = sources_.size();
  std::map<std::string_view, std::size_t> gone;
  for (std::size_t i = 0; i < pollers_.size(); ++i) gone.emplace(pollers_[i].source().name, i);
  for (const std::shared_ptr<const Source>& source : sources_) {
    const auto known = gone.find(source->name);
    if (known == gone.end()) {
      add_poller(source, now);
      continue;
    }
    if (pollers_[known->second].shared_source() != source) change_poller(known->second, source, now);
    gone.erase(known);
  }
  // Its place stays, so that it may come back.
  for (const auto& [name, index] : gone) {
    auto source = std::make_shared<Source>(pollers_[index].source());
    source->enabled = false;
    with_cursor_.erase(source->name);
    change_poller(index, source, now);
  }
  step(now);
}

void Shard::begin_source(std::string_view name, Now now) {
  if (state_ != State::open || draining_) return;
  for (std::size_t i = 0; i < pollers_.size(); ++i) {
    if (pollers_[i].source().name == name && pollers_[i].stopped() && pollers_[i].cursor() == nullptr) {
      change_poller(i, pollers_[i].shared_source(), now);
    }
  }
  step(now);
}

void Shard::change_poller(std::size_t index, const std::shared_ptr<const Source>& source, Now now) {
  Poller successor = make_poller(source, &pollers_[index], now);
  std::vector<Action> actions;
  successor.succeed(pollers_[index], actions);
  act(index, std::move(actions), now);
  ready_.erase(index);
  successor.start_at(now.steady);
  pollers_[index] = std::move(successor);
  account_of_[index] = &account_for(*source, now);
  urgent_ = urgent_ || pollers_[index].urgent();
  schedule(index);
}

// --- the pollers

bool Shard::on_response(http::RequestId id, const http::Response& response, Now now) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return false;
  const std::size_t index = found->second;
  requests_.erase(found);
  world_.observer.answered(pollers_[index].source(), response);
  std::vector<Action> actions;
  pollers_[index].on_response(id, response, now, actions);
  act(index, std::move(actions), now);
  run_poller(index, now);
  return true;
}

void Shard::run_poller(std::size_t index, Now now) {
  std::vector<Action> actions;
  pollers_[index].step(now, actions);
  act(index, std::move(actions), now);
  note_ready(index);
  urgent_ = urgent_ || pollers_[index].urgent();
  schedule(index);
}

void Shard::act(std::size_t index, std::vector<Action> actions, Now now) {
  Account& account = *account_of_[index];
  for (Action& action : actions) {
    if (auto* send = std::get_if<Send>(&action)) {
      requests_.emplace(send->id, index);
      account.queue.push_back({index, std::move(*send)});
    } else if (const auto* cancel = std::get_if<Cancel>(&action)) {
      requests_.erase(cancel->id);
      std::erase_if(account.queue,
                    [&](const Account::Waiting& waiting) { return waiting.send.id == cancel->id; });
      world_.client.cancel(cancel->id);
    } else if (const auto* silence = std::get_if<Silence>(&action)) {
      account.limit.block(now.steady + silence->duration);
    } else {
      world_.observer.said(pollers_[index].source(), std::get<Say>(action));
    }
  }
  pump(account, now);
}

// Sends what the budget allows, in the order in which it was asked for.
void Shard::pump(Account& account, Now now) {
  while (!account.queue.empty()) {
    const Steady moment = account.limit.next(now.steady);
    if (moment > now.steady) {
      wake(account, moment);
      return;
    }
    account.limit.take(now.steady);
    Send send = std::move(account.queue.front().send);
    account.queue.pop_front();
    world_.client.send(send.id, std::move(send.request));
  }
  wake(account, Steady::max());
}

void Shard::wake(Account& account, Steady moment) {
  if (account.timer == moment) return;
  account_timers_.erase({account.timer, account.name});
  account.timer = moment;
  if (moment != Steady::max()) account_timers_.emplace(moment, account.name);
}

void Shard::schedule(std::size_t index) {
  timers_.erase({wakes_[index], index});
  wakes_[index] = pollers_[index].wake_at();
  if (wakes_[index] != Steady::max()) timers_.emplace(wakes_[index], index);
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
    run_poller(timers_.begin()->second, now);
  }
  release_held(now);
  gather(now);
  commit_if_due(now);
}

Steady Shard::wake_at() const {
  if (state_ == State::waiting) return reopen_at_;
  if (state_ != State::open) return Steady::max();
  Steady wake = timers_.empty() ? Steady::max() : timers_.begin()->first;
  if (!account_timers_.empty()) wake = std::min(wake, account_timers_.begin()->first);
  for (const auto& [name, until] : held_) wake = std::min(wake, until);
  if (!committing_) {
    if (!gathering_.units.empty() || urgent_ || draining_) wake = std::min(wake, commit_not_before_);
    wake = std::min(wake, std::max(progress_due_, commit_not_before_));
  }
  return wake;
}

// --- group commit

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
  for (std::size_t i = 0; i < pollers_.size(); ++i) {
    std::vector<Action> actions;
    pollers_[i].drain(actions);
    act(i, std::move(actions), now);
    schedule(i);
  }
  step(now);
}

std::vector<std::pair<std::string, PollerStatus>> Shard::status(Now now) const {
  std::vector<std::pair<std::string, PollerStatus>> all;
  for (const Poller& poller : pollers_) {
    const auto same_name = [&](const auto& source) { return source->name == poller.source().name; };
    if (std::ranges::any_of(sources_, same_name)) all.emplace_back(poller.source().name, poller.status(now));
  }
  return all;
}

}  // namespace auditstream
