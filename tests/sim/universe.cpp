#include "sim/universe.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "auditstream/hash.h"
#include "auditstream/vendor.h"
#include "simvendors/in_process.h"

namespace auditstream::sim {
namespace {

constexpr int partitions = 3;
constexpr std::size_t body_bytes_max = 64 << 20;
constexpr Time epoch{Duration{std::chrono::seconds(1'790'000'000)}};  // 2026-09-21: any moment would do
constexpr Duration peace = 4h;  // nothing takes longer to arrive once the troubles are over
constexpr std::size_t actions_shown = 50;

class Process;

class FixedSecrets final : public SecretSource {
 public:
  explicit FixedSecrets(const std::map<std::string, Secrets>& secrets) : secrets_(secrets) {}
  Result<Secrets> read(const Source& source) override { return secrets_.at(source.name); }

 private:
  const std::map<std::string, Secrets>& secrets_;
};

// The one thread and the one time.
class World {
 public:
  explicit World(const Scenario& scenario)
      : scenario(scenario),
        random(scenario.seed),
        vendors(epoch, scenario.tenants),
        troubles(scenario.troubles) {}

  void at(Duration delay, std::function<void()> what) {
    events_.emplace(time + delay, sequence_++, std::move(what));
  }
  bool chance(double share) { return std::uniform_real_distribution<double>(0, 1)(random) < share; }
  Duration between(Duration least, Duration most) {
    return Duration{std::uniform_int_distribution<Duration::rep>(least.count(), most.count())(random)};
  }
  void log(std::string text) {
    std::ostringstream line;
    line << std::chrono::duration<double>(time - epoch).count() << "s " << text;
    actions.push_back(line.str());
    if (actions.size() > actions_shown) actions.pop_front();
  }
  Now now(Duration clock_ahead) const { return Now{time + clock_ahead, Steady{time.time_since_epoch()}}; }
  // Runs what is due until then.
  void run_until(Time end) {
    while (!events_.empty() && events_.top().when <= end) {
      Entry entry = events_.top();
      events_.pop();
      time = std::max(time, entry.when);
      entry.what();
    }
    time = end;
  }

  const Scenario& scenario;
  std::mt19937_64 random;
  SimulatedVendors vendors;
  SimKafka kafka;
  Troubles troubles;
  Time time = epoch;
  std::deque<std::string> actions;
  Complaints complaints;
  std::uint64_t requests = 0;
  std::map<std::string, std::vector<Time>> sent;  // by origin

 private:
  struct Entry {
    Time when;
    std::uint64_t sequence;
    std::function<void()> what;
    bool operator<(const Entry& other) const {
      return when != other.when ? when > other.when : sequence > other.sequence;
    }
  };
  std::priority_queue<Entry> events_;
  std::uint64_t sequence_ = 0;
};

// What a killed process leaves behind must not call back into it.
using Alive = std::shared_ptr<bool>;

class SimJournal final : public Journal {
 public:
  SimJournal(World& world, Alive alive, int partition, JournalSink sink)
      : world_(world), alive_(std::move(alive)), partition_(partition), sink_(std::move(sink)) {}

  void open() override {
    later(world_.between(5ms, 200ms), [this]() -> JournalEvent {
      if (world_.chance(world_.troubles.journal_open_fails)) return JournalFailed{"simulated", false};
      owner_ = world_.kafka.fence(partition_);
      return JournalOpened{world_.kafka.records(partition_)};
    });
  }

  void commit(std::shared_ptr<const Batch> batch) override {
    // The transaction reaches the broker whether or not we live to hear of it.
    const Duration travel = world_.between(2ms, 30ms);
    const bool aborted = world_.chance(world_.troubles.commit_aborted);
    const bool lost = !aborted && world_.chance(world_.troubles.commit_lost);
    const bool unknown = !aborted && !lost && world_.chance(world_.troubles.commit_unknown);
    auto outcome = std::make_shared<Outcome>(Outcome::lost);
    world_.at(travel, [&world = world_, partition = partition_, owner = owner_, batch, aborted, lost, unknown,
                       outcome] {
      if (aborted) {
        *outcome = Outcome::aborted;
      } else if (!lost && world.kafka.apply(partition, owner, *batch, world.complaints)) {
        *outcome = unknown ? Outcome::lost : Outcome::committed;
      }
    });
    later(travel + world_.between(1ms, 20ms), [outcome]() -> JournalEvent {
      return JournalDone{*outcome, "simulated"};
    });
  }

  void close() override {
    later(1ms, []() -> JournalEvent { return JournalClosed{}; });
  }

 private:
  void later(Duration delay, std::function<JournalEvent()> what) {
    world_.at(delay, [alive = alive_, sink = sink_, what = std::move(what)] {
      if (*alive) sink(what());
    });
  }

  World& world_;
  Alive alive_;
  int partition_;
  JournalSink sink_;
  std::uint64_t owner_ = 0;
};

class SimClient final : public http::Client {
 public:
  SimClient(World& world, Alive alive, std::function<void(http::RequestId, http::Response)> deliver)
      : world_(world), alive_(std::move(alive)), deliver_(std::move(deliver)) {}

  void send(http::RequestId id, http::Request request) override {
    ++world_.requests;
    world_.log("asks " + request.url);
    world_.sent[request.url.substr(0, request.url.find('/', 7))].push_back(world_.time);
    in_flight_.insert(id);
    const Duration there = world_.between(1ms, world_.troubles.network_max);
    const Duration back = world_.between(1ms, world_.troubles.network_max);
    auto sent = std::make_shared<http::Request>(std::move(request));
    world_.at(there, [this, &world = world_, alive = alive_, id, sent, there, back] {
      const test::Reply reply = world.vendors.handle(to_request(*sent), world.time);
      if (!*alive) return;
      auto response = std::make_shared<http::Response>(to_response(reply, body_bytes_max, sent->timeout));
      const Duration delay = std::min(reply.delay, sent->timeout) + back;
      response->latency = there + delay;
      world.at(delay, [this, alive, id, response] {
        if (*alive && in_flight_.erase(id) > 0) deliver_(id, std::move(*response));
      });
    });
  }
  void cancel(http::RequestId id) override { in_flight_.erase(id); }

 private:
  World& world_;
  Alive alive_;
  std::function<void(http::RequestId, http::Response)> deliver_;
  std::set<http::RequestId> in_flight_;
};

class Listener final : public Observer {
 public:
  explicit Listener(World& world) : world_(world) {}
  void said(const Source& source, const Say& say) override {
    world_.log(source.name + " " + say.code + ": " + say.text);
  }
  void shard_said(int partition, const Say& say) override {
    world_.log("partition " + std::to_string(partition) + " " + say.code + ": " + say.text);
  }
  void answered(const Source&, const http::Response&) override {}
  void committed(const Batch& batch, Duration) override {
    world_.log("committed " + std::to_string(batch.events) + " events");
  }

 private:
  World& world_;
};

// One process of auditstream: shards, their journals and a client, in virtual time.
class Process {
 public:
  Process(World& world, SecretSource& secrets, Duration clock_ahead)
      : world_(world),
        clock_ahead_(clock_ahead),
        client_(world, alive_,
                [this](http::RequestId id, http::Response response) { on_response(id, response); }),
        listener_(world),
        shard_world_{client_, secrets, listener_, world.scenario.options, {}, {}, 1} {
    std::map<int, std::vector<std::shared_ptr<const Source>>> by_partition;
    for (const Source& source : world.scenario.sources) {
      by_partition[murmur2_partition(source.account, partitions)].push_back(
          std::make_shared<const Source>(source));
    }
    for (auto& [partition, sources] : by_partition) {
      const std::size_t index = shards_.size();
      journals_.push_back(
          std::make_unique<SimJournal>(world, alive_, partition, [this, index](JournalEvent event) {
            shards_[index]->on_journal(std::move(event), now());
            arm(index);
          }));
      shards_.push_back(
          std::make_unique<Shard>(partition, std::move(sources), *journals_.back(), shard_world_));
      armed_.push_back(Steady::max());
    }
    for (auto& shard : shards_) shard->start(now());
  }
  ~Process() { *alive_ = false; }

  void drain() {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      shards_[i]->drain(now());
      arm(i);
    }
  }
  bool closed() const {
    return std::ranges::all_of(shards_, [](const auto& shard) { return shard->closed(); });
  }

 private:
  Now now() const { return world_.now(clock_ahead_); }

  void on_response(http::RequestId id, const http::Response& response) {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      if (!shards_[i]->on_response(id, response, now())) continue;
      shards_[i]->step(now());
      arm(i);
      return;
    }
  }

  // Steps the shard when it wants to be woken; an earlier wish replaces a later one.
  void arm(std::size_t index) {
    const Steady wake = shards_[index]->wake_at();
    if (wake == Steady::max() || wake >= armed_[index]) return;
    armed_[index] = wake;
    world_.at(std::max(wake - now().steady, Duration{0}), [this, alive = alive_, index, wake] {
      if (!*alive || armed_[index] != wake) return;
      armed_[index] = Steady::max();
      shards_[index]->step(now());
      arm(index);
    });
  }

  World& world_;
  Duration clock_ahead_;
  Alive alive_ = std::make_shared<bool>(true);
  SimClient client_;
  Listener listener_;
  ShardWorld shard_world_;
  std::vector<std::unique_ptr<SimJournal>> journals_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Steady> armed_;
};

std::map<std::string, Secrets> secrets_of(const Scenario& scenario) {
  std::map<std::string, Secrets> secrets;
  for (std::size_t i = 0; i < scenario.sources.size(); ++i) {
    const TenantSpec& tenant = scenario.tenants[i];
    Secrets& mine = secrets[scenario.sources[i].name];
    mine.emplace("api_key", Secret(tenant.credential));
    mine.emplace("api_token", Secret(tenant.credential));
    mine.emplace("api_secret", Secret(tenant.secret));
  }
  return secrets;
}

bool above_rate(const std::vector<Time>& sent, const std::vector<RateSpec>& limits) {
  for (const RateSpec& limit : limits) {
    for (std::size_t i = limit.count; i < sent.size(); ++i) {
      if (sent[i] - sent[i - limit.count] < limit.period) return true;
    }
  }
  return false;
}

// Each source: what it should have published against what Kafka holds.
void compare(World& world, Verdict& verdict) {
  std::map<std::string, std::map<std::string, std::vector<const PublishedRecord*>>> published;
  for (const PublishedRecord& record : world.kafka.published())
    published[record.source][record.id].push_back(&record);
  verdict.published = world.kafka.published().size();
  for (std::size_t i = 0; i < world.scenario.sources.size(); ++i) {
    const Source& source = world.scenario.sources[i];
    Tenant& tenant = *world.vendors.find(source.vendor, world.scenario.tenants[i].name);
    auto& mine = published[source.name];
    std::size_t missing = 0;
    std::string example;
    (void)world.vendors.truth(tenant, world.time);  // lets everything appear that is due
    for (Serial serial = 0; serial < tenant.log.size(); ++serial) {
      const Truth truth = world.vendors.truth_of(tenant, serial);
      const auto found = mine.find(truth.id);
      if (found == mine.end()) {
        // Without a readable time what counts is whether the vendor's filter can have shown it.
        if (truth.time.value_or(tenant.log.time(serial)) < *source.backfill_start_time) continue;
        ++missing;
        example = truth.id + " of " + (truth.time ? format_rfc3339(*truth.time) : "no readable time");
        continue;
      }
      if (found->second.size() > 1) {
        verdict.failures.push_back(source.name + ": event " + truth.id + " was published " +
                                   std::to_string(found->second.size()) + " times" +
                                   (found->second.front()->dead_letter ? ", first as a dead letter" : "") +
                                   (found->second.back()->dead_letter ? ", last as a dead letter" : "") +
                                   (truth.time ? "; its time is " + format_rfc3339(*truth.time) : ""));
      }
      if (found->second.front()->raw != truth.raw)
        verdict.failures.push_back(source.name + ": event " + truth.id + " is not verbatim");
      // FloQast's ids carry a time of their own, so there an event without another one is no dead letter.
      const bool readable = truth.time || source.vendor == "floqast";
      if (found->second.front()->dead_letter == readable) {
        verdict.failures.push_back(source.name + ": event " + truth.id + " went to the wrong topic");
      }
      if (truth.time && *truth.time < *source.backfill_start_time) {
        verdict.failures.push_back(source.name + ": event " + truth.id + " is older than was asked for");
      }
      mine.erase(found);
    }
    if (missing > 0) {
      verdict.failures.push_back(source.name + ": " + std::to_string(missing) +
                                 " events are missing, for example " + example);
    }
    for (const auto& [id, records] : mine)
      verdict.failures.push_back(source.name + ": event " + id + " was made up");
    // A new process doesn't know what an old one has asked for, so the rhythm is judged where there was only
    // one.
    if (world.scenario.kills == 0 && above_rate(world.sent[source.base_url], source.rate_limit)) {
      verdict.failures.push_back(source.name + ": requests above the rate limit");
    }
    if (tenant.stats.bad_requests > 0) {
      verdict.failures.push_back(source.name + ": " + std::to_string(tenant.stats.bad_requests) +
                                 " requests that the API forbids: " + tenant.stats.last_complaint);
    }
    if (tenant.stats.leaked > 0) verdict.failures.push_back(source.name + ": a credential went astray");
    verdict.requests += tenant.stats.requests;
  }
}

}  // namespace

Verdict live(const Scenario& scenario) {
  World world(scenario);
  const std::map<std::string, Secrets> known = secrets_of(scenario);
  FixedSecrets secrets(known);
  if (scenario.stall) {
    for (const auto& tenant : world.vendors.tenants())
      tenant->log.stall(epoch + scenario.stall->first, epoch + scenario.stall->second);
  }
  Verdict verdict;
  std::vector<std::unique_ptr<Process>> processes;
  processes.push_back(std::make_unique<Process>(world, secrets, scenario.troubles.clock_ahead));
  for (int kill = 0; kill < scenario.kills; ++kill) {
    world.run_until(world.time + world.between(1s, scenario.lively / scenario.kills));
    const bool zombie = scenario.troubles.zombies && world.chance(0.5);
    world.log(zombie ? "a second process starts" : "KILL");
    if (!zombie) processes.clear();
    ++verdict.kills;
    world.run_until(world.time + world.between(1ms, 30s));
    processes.push_back(std::make_unique<Process>(
        world, secrets, world.chance(0.5) ? Duration{0} : scenario.troubles.clock_ahead));
    if (processes.size() > 2) processes.erase(processes.begin());
  }
  world.run_until(std::max(world.time, epoch + scenario.lively));

  // Peace: faults stop, nothing new happens, and everything has to arrive.
  if (processes.size() > 1) processes.erase(processes.begin(), processes.end() - 1);
  world.troubles = Troubles{};
  for (const auto& tenant : world.vendors.tenants()) {
    tenant->spec.faults = FaultRates{};
    world.vendors.stop_production(*tenant, world.time);
  }
  if (scenario.troubles.clock_ahead != Duration{0}) {
    processes.clear();
    processes.push_back(std::make_unique<Process>(world, secrets, Duration{0}));
  }
  world.run_until(world.time + peace);
  processes.front()->drain();
  world.run_until(world.time + 2min);
  if (!processes.front()->closed()) verdict.failures.push_back("the process did not drain");
  compare(world, verdict);
  for (std::string& complaint : world.complaints) verdict.failures.push_back(std::move(complaint));
  verdict.commits = world.kafka.commits();
  verdict.last_actions.assign(world.actions.begin(), world.actions.end());
  return verdict;
}

Scenario draw_scenario(std::uint64_t seed) {
  Scenario scenario;
  scenario.seed = seed;
  std::mt19937_64 random(seed * 0x9e3779b97f4a7c15 + 1);
  const auto number = [&random](std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(least, most)(random);
  };
  const auto sometimes = [&](double share, double value) {
    return number(0, 999) < share * 1000 ? value : 0.0;
  };

  const std::size_t count = number(1, 3);
  for (std::size_t i = 0; i < count; ++i) {
    const Vendor& vendor = *vendors()[number(0, vendors().size() - 1)];
    TenantSpec tenant;
    tenant.vendor = vendor.name();
    tenant.name = "t" + std::to_string(i);
    tenant.credential = "credential-" + std::to_string(i);
    tenant.secret = "secret-" + std::to_string(i);
    tenant.log.seed = number(1, 1'000'000);
    tenant.log.history = static_cast<std::uint32_t>(number(0, 400));
    tenant.log.history_span = std::chrono::hours(number(1, 24 * 45));
    tenant.log.rate = static_cast<double>(number(1, 40)) / 1000;
    if (sometimes(0.3, 1) > 0) {
      tenant.log.burst_every = static_cast<std::uint32_t>(number(20, 100));
      tenant.log.burst_size = static_cast<std::uint32_t>(number(2, 60));
    }
    if (sometimes(0.5, 1) > 0) {
      tenant.log.late_share = static_cast<double>(number(1, 30)) / 100;
      tenant.log.late_max = std::chrono::seconds(number(1, 500));
    }
    if (sometimes(0.2, 1) > 0) {
      tenant.log.ahead_share = 0.02;
      tenant.log.ahead_by = std::chrono::minutes(number(1, 120));
    }
    tenant.printed_bounds = number(0, 1) == 1;
    if (number(0, 2) == 0) tenant.inclusive = number(0, 1) == 1;
    tenant.flaw_share = sometimes(0.2, 0.03);
    if (number(0, 1) == 1) tenant.order = static_cast<Order>(number(0, 2));
    if (tenant.vendor == "tines") tenant.order = Order::descending;
    if (tenant.vendor == "workato" && tenant.order == Order::unsorted) tenant.order = Order::ascending;
    tenant.day_offset = std::chrono::hours(number(0, 24)) - 12h;
    tenant.self_feeding = tenant.vendor == "floqast" && number(0, 1) == 1;
    tenant.token_lifetime = std::chrono::minutes(number(1, 240));
    // Not with bursts: more rows within a second than the vendor answers at all can't be asked for in any
    // way.
    tenant.deadline_rows = number(0, 3) == 0 && tenant.log.burst_size == 0 ? 200 : 0;
    tenant.retry_after = static_cast<RetryAfter>(number(0, 2));
    if (number(0, 1) == 1) tenant.faults = FaultRates::spread(static_cast<double>(number(1, 20)) / 100);

    Source source;
    source.name = tenant.vendor + std::to_string(i);
    source.vendor = tenant.vendor;
    source.account = source.name;
    source.base_url = "http://127.0.0.1:" + std::to_string(i + 1);  // tells whose request it is
    source.topic = "audit." + tenant.vendor;
    source.dead_letter_topic = source.topic + ".dlq";
    source.backfill_start_time = floor_second(epoch) - std::chrono::hours(number(0, 24 * 40));
    source.poll_interval = std::chrono::seconds(number(60, 600));
    source.overlap = 10min;
    source.lanes = static_cast<unsigned>(number(0, 4));
    source.rate_limit = vendor.traits().rate_limit;
    source.page_size = static_cast<std::uint32_t>(number(5, 100));
    // Small pages would be more news than they bring.
    if (tenant.self_feeding) source.page_size = 1000;
    source.settings = {{"region", "us"}, {"namespace", tenant.name}, {"tenant_domain", "t.example.com"}};
    source.origin = "origin";
    scenario.tenants.push_back(std::move(tenant));
    scenario.sources.push_back(std::move(source));
  }
  Troubles& troubles = scenario.troubles;
  troubles.journal_open_fails = sometimes(0.3, 0.3);
  troubles.commit_aborted = sometimes(0.4, 0.2);
  troubles.commit_lost = sometimes(0.4, 0.1);
  troubles.commit_unknown = sometimes(0.4, 0.2);
  troubles.zombies = number(0, 3) == 0;
  if (number(0, 4) == 0) troubles.clock_ahead = number(0, 1) == 0 ? Duration{24h * 365} : -Duration{2h};
  scenario.kills = static_cast<int>(number(0, 6));
  scenario.lively = std::chrono::minutes(number(20, 120));
  // Small windows, so that overfull ones, cuts and lanes are common.
  scenario.options.reading.events_max = number(10, 200);
  scenario.options.target.events = number(5, 100);
  if (number(0, 4) == 0)
    scenario.stall = std::pair{Duration{5min}, Duration{std::chrono::minutes(number(10, 130))}};
  return scenario;
}

std::string describe(const Scenario& scenario) {
  std::ostringstream out;
  const Troubles& troubles = scenario.troubles;
  out << "troubles: open " << troubles.journal_open_fails << ", aborted " << troubles.commit_aborted
      << ", lost " << troubles.commit_lost << ", unknown " << troubles.commit_unknown << ", zombies "
      << troubles.zombies << ", clock ahead " << troubles.clock_ahead.count() / 1'000'000 << " s, kills "
      << scenario.kills << ", lively " << format_duration(scenario.lively);
  if (scenario.stall) {
    out << ", stall " << format_duration(scenario.stall->first) << " to "
        << format_duration(scenario.stall->second);
  }
  out << ", events_max " << scenario.options.reading.events_max << ", target "
      << scenario.options.target.events << "\n";
  for (std::size_t i = 0; i < scenario.sources.size(); ++i) {
    const TenantSpec& tenant = scenario.tenants[i];
    const Source& source = scenario.sources[i];
    out << source.name << ": history " << tenant.log.history << " in "
        << format_duration(tenant.log.history_span) << ", rate " << tenant.log.rate << ", late "
        << tenant.log.late_share << " up to " << format_duration(tenant.log.late_max) << ", ahead "
        << tenant.log.ahead_share << " by " << format_duration(tenant.log.ahead_by) << ", bursts "
        << tenant.log.burst_size << ", flaws " << tenant.flaw_share << ", faults " << tenant.faults.total()
        << ", since " << format_rfc3339(*source.backfill_start_time) << ", page " << source.page_size
        << ", interval " << format_duration(source.poll_interval) << ", lanes " << source.lanes << "\n";
  }
  return out.str();
}

}  // namespace auditstream::sim
