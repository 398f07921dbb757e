#include "sim/universe.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <set>

#include "base/hash.h"
#include "sim/process.h"
#include "sim/sim_group.h"

namespace auditstream::sim {
namespace {

constexpr Duration restart_max = 15s;
constexpr std::uint64_t set_further_back = 3;  // than the backfill begins, in hours at most
constexpr int opens_in_peace_max = 3;          // of each partition
constexpr Duration settling = 2min;            // from the last trouble until everybody has its partitions

class FixedSecrets final : public core::SecretSource {
 public:
  explicit FixedSecrets(const Scenario& scenario) {
    for (std::size_t i = 0; i < scenario.sources.size(); ++i) {
      const TenantSpec& tenant = scenario.tenants[i];
      Secrets& mine = secrets_[scenario.sources[i].name];
      mine.emplace("api_key", Secret(tenant.credential));
      mine.emplace("api_token", Secret(tenant.credential));
      mine.emplace("api_secret", Secret(tenant.secret));
    }
  }
  Result<Secrets> read(const Source& source) override { return secrets_.at(source.name); }

 private:
  std::map<std::string, Secrets> secrets_;
};

// What an operator asked for, and what its cursor had called complete before.
struct Generation {
  Time from;
  std::optional<Time> complete_before{};  // nothing: there is none before
};
// Of one source, by number.
using Generations = std::map<std::uint64_t, Generation>;

class Universe {
 public:
  Universe(const Scenario& scenario, bool telling);
  Verdict live();

 private:
  void start();
  void supervise();
  void bury();
  void kill(const std::string& name);
  void act(Act act, Process& process);
  Act draw_act();
  Process* find(const std::string& name);
  void stop(Process& process);
  void open_from_outside(int partition);
  void edit_cursor(const Source& source);
  void change_cursor(const Source& source, int partition, std::uint64_t owner);
  void change_config();
  void reload_all();
  void make_peace();
  void judge_group();
  void judge_published();
  void judge_source(std::size_t index);
  void judge_generation(const Source& source, Tenant& tenant, std::uint64_t generation,
                        const std::function<bool(Time)>& wanted);
  void judge_heartbeats(const Source& source, Tenant& tenant, std::uint64_t generation);
  void fail(std::string failure) { failures_.push_back(std::move(failure)); }

  World world_;
  SimGroup group_{world_};
  FixedSecrets secrets_;
  Process::Sources sources_;
  Process::Sources config_;  // what of them is configured now
  std::map<std::string, Generations> generations_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::size_t wanted_;  // how many processes there should be
  int started_ = 0;
  bool peace_ = false;
  std::vector<std::string> failures_;
};

Universe::Universe(const Scenario& scenario, bool telling)
    : world_(scenario, telling), secrets_(scenario), wanted_(world_.number(1, scenario.processes_max)) {
  for (const Source& source : scenario.sources) {
    sources_.push_back(std::make_shared<const Source>(source));
    generations_[source.name][1] = Generation{*source.backfill_start_time};
  }
  config_ = sources_;
  if (scenario.stall) {
    for (const auto& tenant : world_.vendors.tenants())
      tenant->log.stall(epoch + scenario.stall->first, epoch + scenario.stall->second);
  }
  world_.kafka.on_log = [this] {
    for (const auto& process : processes_) process->tail();
  };
}

Verdict Universe::live() {
  const Scenario& scenario = world_.scenario;
  supervise();
  for (int i = 0; i < scenario.acts; ++i) {
    world_.run_until(world_.time + world_.between(1ms, scenario.act_gap_max));
    const Act what = draw_act();
    if (processes_.empty()) continue;
    act(what, *processes_[world_.number(0, processes_.size() - 1)]);
  }
  world_.run_until(std::max(world_.time, epoch + scenario.lively));

  const std::uint64_t fences_before = world_.tally.fences;
  make_peace();
  world_.run_until(world_.time + settling);
  const auto opens = static_cast<int>(world_.tally.fences - fences_before);
  if (world_.troubles.event_refused == 0 && opens > opens_in_peace_max * scenario.partitions)
    fail("shards were opened " + std::to_string(opens) + " times after the last trouble");
  const std::uint64_t rebalances = world_.tally.rebalances;
  world_.run_until(world_.time + scenario.peace / 2);
  const std::uint64_t fences = world_.tally.fences;
  world_.run_until(world_.time + scenario.peace / 2);
  if (world_.tally.rebalances != rebalances) fail("the group never comes to rest");
  // A record that the broker refuses is found by opening again, however long the budgets make that last.
  if (world_.troubles.event_refused == 0 && world_.tally.fences != fences)
    fail("shards are opened again and again");
  judge_group();

  bury();  // what was to end before the peace may have taken too long
  for (const auto& process : processes_) process->drain();
  world_.run_until(world_.time + 1min);
  for (const auto& process : processes_) {
    if (!process->ended() || process->abandoned()) fail(process->name() + " did not drain");
  }
  judge_published();
  for (std::string& complaint : world_.complaints) fail(std::move(complaint));
  return Verdict{std::move(failures_), std::move(world_.story), world_.tally};
}

// --- troubles

void Universe::start() {
  const Duration ahead = peace_ || world_.chance(0.5) ? Duration{0} : world_.troubles.clock_ahead;
  const std::string name = "p" + std::to_string(++started_);
  world_.tell(name, " starts");
  processes_.push_back(std::make_unique<Process>(world_, config_, secrets_, group_, name, ahead));
}

void Universe::bury() {
  std::erase_if(processes_, [](const auto& process) { return process->ended(); });
}

// Whoever runs the processes: as many as are wanted, and a new one for each that is going.
void Universe::supervise() {
  bury();
  std::size_t staying = 0;
  for (const auto& process : processes_) {
    if (process->draining()) continue;
    if (++staying > wanted_) act(Act::terminate, *process);
  }
  for (; staying < wanted_; ++staying) start();
}

Process* Universe::find(const std::string& name) {
  const auto found = std::ranges::find(processes_, name, &Process::name);
  return found == processes_.end() ? nullptr : found->get();
}

void Universe::kill(const std::string& name) {
  Process* process = find(name);
  if (peace_ || process == nullptr || process->ended()) return;
  world_.tell("KILL ", name);
  ++world_.tally.kills;
  if (process->owns_any()) ++world_.tally.kills_of_owners;
  if (process->committing()) ++world_.tally.kills_in_commits;
  std::erase_if(processes_, [process](const auto& each) { return each.get() == process; });
  world_.at(world_.between(0ms, restart_max), [this] { supervise(); });
}

Act Universe::draw_act() {
  const auto& weights = world_.troubles.weights;
  std::uint64_t at = world_.number(1, std::accumulate(weights.begin(), weights.end(), std::uint64_t{0}));
  std::size_t act = 0;
  for (; at > weights[act]; ++act) at -= weights[act];
  return static_cast<Act>(act);
}

void Universe::act(Act act, Process& process) {
  const std::string& name = process.name();
  const Troubles& troubles = world_.troubles;
  switch (act) {
    case Act::kill:
      kill(std::string(name));
      return;
    case Act::kill_in_commit:
      process.in_next_commit(
          [this, name](int) { world_.at(world_.between(0ms, 40ms), [this, name] { kill(name); }); });
      return;
    case Act::stop:
      stop(process);
      return;
    case Act::stop_in_commit:
      process.in_next_commit([this, name](int) {
        world_.at(world_.between(0ms, 30ms), [this, name] {
          Process* found = find(name);
          if (found != nullptr) stop(*found);
        });
      });
      return;
    case Act::terminate:
      if (process.draining()) return;
      world_.tell("TERM ", name);
      ++world_.tally.drains;
      process.drain();
      world_.at(world_.between(0ms, restart_max), [this] { supervise(); });
      return;
    case Act::scale:
      wanted_ = world_.number(1, world_.scenario.processes_max);
      world_.tell(wanted_, " processes are wanted");
      supervise();
      return;
    case Act::flap:
      if (process.stopped() || process.ended()) return;
      world_.tell(name, " is out of the group and joins again");
      ++world_.tally.flaps;
      process.member().flap();
      return;
    case Act::cut_off:
      world_.tell(name, " is cut off from the group");
      ++world_.tally.flaps;
      process.member().cut_off(world_.between(2s, 15s));
      return;
    case Act::outage:
      world_.outage_until = world_.time + world_.between(1s, troubles.outage_max);
      world_.tell("Kafka is out until ", std::chrono::duration<double>(world_.outage_until - epoch).count());
      ++world_.tally.outages;
      return;
    case Act::clock_step: {
      Duration ahead{0};
      if (world_.chance(0.7)) ahead = world_.between(-troubles.clock_step_max, troubles.clock_step_max);
      if (world_.chance(0.05)) ahead = 365 * 24h;
      world_.tell("the clock of ", name, " is stepped to ", std::chrono::duration<double>(ahead).count());
      ++world_.tally.clock_steps;
      process.set_clock(ahead);
      return;
    }
    case Act::foreign_opener:
      open_from_outside(
          static_cast<int>(world_.number(0, static_cast<std::uint64_t>(world_.scenario.partitions) - 1)));
      return;
    case Act::foreign_opener_in_commit:
      process.in_next_commit([this](int partition) {
        world_.at(world_.between(0ms, 30ms), [this, partition] { open_from_outside(partition); });
      });
      return;
    case Act::reload:
      world_.tell("the config changes");
      ++world_.tally.reloads;
      change_config();
      reload_all();
      return;
    case Act::edit:
      edit_cursor(*sources_[world_.number(0, sources_.size() - 1)]);
      return;
  }
}

void Universe::stop(Process& process) {
  if (peace_ || process.stopped()) return;
  world_.tell("STOP ", process.name());
  ++world_.tally.stops;
  process.stop();
  const Duration time = world_.chance(0.3) ? world_.between(10ms, 3s) : world_.between(3s, 45s);
  world_.at(time, [this, name = process.name()] {
    Process* stopped = find(name);
    if (stopped == nullptr || stopped->ended() || !stopped->stopped()) return;
    world_.tell("CONT ", name);
    stopped->resume();
  });
}

// A tool, or an instance of another group.
void Universe::open_from_outside(int partition) {
  if (peace_) return;
  const std::uint64_t owner = world_.kafka.fence(partition);
  world_.tell("a tool fences partition ", partition);
  ++world_.tally.foreign_openers;
  if (world_.chance(0.3)) return;  // it dies before it leaves a mark
  world_.at(world_.between(5ms, 100ms),
            [this, partition, owner] { world_.kafka.mark(partition, owner, mark_of("tool", owner)); });
}

// As `auditstream cursors set` and `reset` do it: fence, read, decide, write.
void Universe::edit_cursor(const Source& source) {
  if (peace_) return;
  const int partition = murmur2_partition(source.account, world_.scenario.partitions);
  const std::uint64_t owner = world_.kafka.fence(partition);
  world_.at(world_.between(5ms, 100ms), [this, &source, partition, owner] {
    if (!world_.kafka.mark(partition, owner, mark_of("tool", owner))) return;
    world_.at(world_.between(5ms, 100ms),
              [this, &source, partition, owner] { change_cursor(source, partition, owner); });
  });
}

void Universe::change_cursor(const Source& source, int partition, std::uint64_t owner) {
  const core::ShardMaps shards{{partition, world_.kafka.records(partition)}};
  const bool reset = world_.chance(0.3);
  Time to = *source.backfill_start_time;
  if (!reset && world_.chance(0.5)) to = world_.time - world_.between(0ms, 5min);
  if (!reset && world_.chance(0.7))
    to -= world_.between(-(world_.time - to), std::chrono::hours(set_further_back));
  to = floor_second(to);
  const Result<core::CursorChange> change =
      reset ? core::reset_cursor(source, shards, partition, to, world_.time)
            : core::set_cursor(source, shards, partition, to, world_.time);
  if (!change.ok()) return world_.tell("the cursor of ", source.name, ": ", change.error().message);
  if (!world_.kafka.apply(partition, owner, source.name, *change)) return;
  ++(reset ? world_.tally.resets : world_.tally.sets);
  world_.tell("the cursor of ", source.name, " is ", reset ? "reset" : "set", " to ", format_rfc3339(to),
              ", generation ", change->after->generation);
  generations_[source.name][change->after->generation] = Generation{to, change->before->complete_to().time};
}

// Some sources as they are, some changed, some missing until the next time.
void Universe::change_config() {
  const Process::Sources before = std::exchange(config_, {});
  for (const auto& source : sources_) {
    if (world_.chance(0.2)) continue;
    const auto known = std::ranges::find(before, source->name, [](const auto& each) { return each->name; });
    if (known != before.end() && world_.chance(0.5)) {
      config_.push_back(*known);
      continue;
    }
    auto changed = std::make_shared<Source>(*source);
    changed->poll_interval = world_.between(source->poll_interval / 2, source->poll_interval * 2);
    changed->lanes = static_cast<unsigned>(world_.number(0, 4));
    config_.push_back(std::move(changed));
  }
}

void Universe::reload_all() {
  for (const auto& process : processes_) process->reload();
}

// Faults stop, clocks are right, nothing new happens, and everything has to arrive.
void Universe::make_peace() {
  world_.tell("PEACE");
  peace_ = true;
  const double event_refused = world_.troubles.event_refused;
  world_.troubles = Troubles{};
  world_.troubles.event_refused = event_refused;
  world_.outage_until = world_.time;
  for (const auto& tenant : world_.vendors.tenants()) {
    tenant->spec.faults = FaultRates{};
    world_.vendors.stop_production(*tenant, world_.time);
  }
  config_ = sources_;
  reload_all();
  for (const auto& process : processes_) {
    if (process->stopped() && !process->ended()) process->resume();
    process->member().cut_off(0ms);
    process->set_clock(0ms);
  }
  supervise();
}

// --- the judgement

// Everybody agrees on who has what.
void Universe::judge_group() {
  std::map<int, std::vector<Process*>> members;
  for (const auto& process : processes_) {
    if (process->ended()) continue;
    for (const int partition : process->member().owned()) members[partition].push_back(process.get());
  }
  for (int partition = 0; partition < world_.scenario.partitions; ++partition) {
    const auto& mine = members[partition];
    if (mine.size() != 1) {
      fail("partition " + std::to_string(partition) + " belongs to " + std::to_string(mine.size()) +
           " processes");
      continue;
    }
    const bool used = std::ranges::any_of(sources_, [&](const auto& source) {
      return murmur2_partition(source->account, world_.scenario.partitions) == partition;
    });
    if (used != mine.front()->is_at(partition)) {
      fail("partition " + std::to_string(partition) + " is " + (used ? "not " : "") + "open at " +
           mine.front()->name());
    }
  }
}

bool above_rate(const std::vector<Time>& sent, const std::vector<RateSpec>& limits) {
  for (const RateSpec& limit : limits) {
    for (std::size_t i = limit.count; i < sent.size(); ++i) {
      if (sent[i] - sent[i - limit.count] < limit.period) return true;
    }
  }
  return false;
}

void Universe::judge_published() {
  world_.tally.published = world_.kafka.published().size();
  world_.tally.histories = world_.kafka.histories_begun();
  world_.tally.histories_over = world_.kafka.histories_over();
  for (std::size_t i = 0; i < sources_.size(); ++i) judge_source(i);
}

// What it should have published against what Kafka holds.
void Universe::judge_source(std::size_t index) {
  const Source& source = *sources_[index];
  Tenant& tenant = *world_.vendors.find(source.vendor, world_.scenario.tenants[index].name);
  (void)world_.vendors.truth(tenant, world_.time);  // lets everything appear that is due
  // From the last generation on back: each has all from its start on, what is older had to be complete before.
  std::optional<Time> until;     // what is at or after it is the matter of a later generation
  std::optional<Time> complete;  // what is at or after it may have been skipped
  const Generations& generations = generations_[source.name];
  for (auto each = generations.rbegin(); each != generations.rend(); ++each) {
    const auto& [number, generation] = *each;
    judge_generation(source, tenant, number, [&, from = generation.from](Time time) {
      return time >= from && (!until || time < *until) && (!complete || time < *complete);
    });
    judge_heartbeats(source, tenant, number);
    until = std::min(until.value_or(generation.from), generation.from);
    if (generation.complete_before)
      complete = std::min(complete.value_or(*generation.complete_before), *generation.complete_before);
  }
  if (above_rate(world_.sent[source.account], source.rate_limit))
    fail(source.name + ": requests above the rate limit");
  if (tenant.stats.bad_requests > 0) {
    fail(source.name + ": " + std::to_string(tenant.stats.bad_requests) +
         " requests that the API forbids: " + tenant.stats.last_complaint);
  }
  if (tenant.stats.leaked > 0) fail(source.name + ": a credential went astray");
}

// Everything that is `wanted` of it, nothing older than it begins, and nothing twice.
void Universe::judge_generation(const Source& source, Tenant& tenant, std::uint64_t generation,
                                const std::function<bool(Time)>& wanted) {
  const std::string who = source.name + ", generation " + std::to_string(generation);
  std::map<std::string, std::vector<const PublishedRecord*>> published;
  for (const PublishedRecord& record : world_.kafka.published()) {
    if (record.source == source.name && record.generation == generation)
      published[record.id].push_back(&record);
  }
  const Time from = generations_[source.name][generation].from;
  std::size_t missing = 0;
  std::string example;
  for (Serial serial = 0; serial < tenant.log.size(); ++serial) {
    const Truth truth = world_.vendors.truth_of(tenant, serial);
    const auto found = published.find(truth.id);
    if (found == published.end()) {
      // Without a readable time what counts is whether the vendor's filter can have shown it.
      if (!wanted(truth.time.value_or(tenant.log.time(serial)))) continue;
      ++missing;
      example = truth.id + " of " + (truth.time ? format_rfc3339(*truth.time) : "no readable time");
      continue;
    }
    const PublishedRecord& first = *found->second.front();
    if (found->second.size() > 1) {
      fail(who + ": event " + truth.id + " was published " + std::to_string(found->second.size()) + " times" +
           (first.dead_letter ? ", first as a dead letter" : "") +
           (found->second.back()->dead_letter ? ", last as a dead letter" : "") +
           (truth.time ? "; its time is " + format_rfc3339(*truth.time) : ""));
    }
    if (first.raw != truth.raw) fail(who + ": event " + truth.id + " is not verbatim");
    const bool readable = truth.time || api_of(source.vendor).profile().ids_tell_times;
    const bool publishable =
        readable && !truth.malformed && !refused_for_ever(truth.id, world_.troubles.event_refused);
    if (first.dead_letter == publishable) fail(who + ": event " + truth.id + " went to the wrong topic");
    if (truth.time && *truth.time < from) fail(who + ": event " + truth.id + " is older than was asked for");
    published.erase(found);
  }
  if (missing > 0) fail(who + ": " + std::to_string(missing) + " events are missing, for example " + example);
  for (const auto& [id, records] : published) fail(who + ": event " + id + " was made up");
}

// What a heartbeat calls complete was in Kafka when it became visible, and none says less than the one before.
void Universe::judge_heartbeats(const Source& source, Tenant& tenant, std::uint64_t generation) {
  std::map<std::string_view, std::size_t> published;  // when, by id
  for (std::size_t i = 0; i < world_.kafka.published().size(); ++i) {
    const PublishedRecord& record = world_.kafka.published()[i];
    if (record.source == source.name && record.generation == generation) published.emplace(record.id, i);
  }
  std::map<Time, std::size_t> last_of;  // of the events of that time
  for (Serial serial = 0; serial < tenant.log.size(); ++serial) {
    const Truth truth = world_.vendors.truth_of(tenant, serial);
    if (!truth.time || *truth.time < generations_[source.name][generation].from) continue;
    const auto found = published.find(truth.id);
    std::size_t& last = last_of[*truth.time];
    last = std::max(last, found == published.end() ? SIZE_MAX : found->second);
  }
  std::size_t last = 0;
  auto next = last_of.begin();
  std::optional<core::Heartbeat> before;
  for (const SeenHeartbeat& seen : world_.kafka.heartbeats()) {
    if (seen.source != source.name || seen.heartbeat.generation != generation) continue;
    ++world_.tally.heartbeats;
    const core::Heartbeat& heartbeat = seen.heartbeat;
    if (before && before->seq > 0 &&
        (heartbeat.complete_until < before->complete_until || heartbeat.seq < before->seq))
      fail(source.name + ": a heartbeat says less than the one before");
    before = heartbeat;
    for (; next != last_of.end() && next->first < heartbeat.complete_until; ++next)
      last = std::max(last, next->second);
    if (last_of.begin() != next && last >= seen.published)
      fail(source.name + ": a heartbeat calls complete what is not");
  }
}

}  // namespace

Verdict live(const Scenario& scenario, bool telling) { return Universe(scenario, telling).live(); }

void Tally::add(const Tally& other) {
  kills += other.kills;
  kills_of_owners += other.kills_of_owners;
  kills_in_commits += other.kills_in_commits;
  stops += other.stops;
  drains += other.drains;
  flaps += other.flaps;
  rebalances += other.rebalances;
  outages += other.outages;
  clock_steps += other.clock_steps;
  foreign_openers += other.foreign_openers;
  reloads += other.reloads;
  sets += other.sets;
  resets += other.resets;
  fences += other.fences;
  opens_failed += other.opens_failed;
  for (std::size_t i = 0; i < commits.size(); ++i) commits[i] += other.commits[i];
  published += other.published;
  heartbeats += other.heartbeats;
  histories += other.histories;
  histories_over += other.histories_over;
  requests += other.requests;
  requests_of_fenced += other.requests_of_fenced;
}

}  // namespace auditstream::sim
