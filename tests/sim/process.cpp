#include "sim/process.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "simvendors/in_process.h"

namespace auditstream::sim {
namespace {

constexpr std::size_t body_bytes_max = 64 << 20;
constexpr Duration drain_max = 30s;
constexpr std::size_t events_read_back = 8;  // of the tail; the rest was compacted away

constexpr Duration reload_max = 2s;

std::string origin_of(const std::string& url) { return url.substr(0, url.find('/', sizeof "http://" - 1)); }

}  // namespace

Process::Process(World& world, const Sources& config, core::SecretSource& secrets, SimGroup& group,
                 std::string name, Duration clock_ahead)
    : world_(world),
      config_(config),
      name_(std::move(name)),
      clock_ahead_(clock_ahead),
      life_(world),
      member_(world, life_, group,
              [this](core::MembershipEvent event) {
                post([this, event = std::move(event)] { fleet_->on_membership(event, now()); });
              }),
      shard_world_{*this, secrets, *this, world.scenario.options, {}, {}, {}, 1} {
  if (world.scenario.heartbeats)
    shard_world_.heartbeats = core::HeartbeatSeries{"heartbeats", *world.scenario.heartbeats};
  fleet_.emplace(
      config, world.scenario.partitions,
      [this](int partition, std::uint64_t number) {
        auto journal =
            std::make_unique<SimJournal>(world_, life_, partition, name_ + "." + std::to_string(number),
                                         tenures_[partition], [this, number](core::JournalEvent event) {
                                           post([this, number, event = std::move(event)]() mutable {
                                             fleet_->on_journal(number, std::move(event), now());
                                           });
                                         });
        journal->on_commit = [this, partition] {
          if (in_next_commit_) std::exchange(in_next_commit_, nullptr)(partition);
        };
        return journal;
      },
      [this](int partition) { member_.released(partition); }, shard_world_);
  for (int partition = 0; partition < world.scenario.partitions; ++partition) {
    const std::size_t events = world.kafka.log(partition).size();
    tailed_[partition] = events - std::min(events, events_read_back);
  }
  tail();
}

Process::~Process() = default;

void Process::resume() {
  life_.resume();
  life_.later(0ms, [this] { turn(); });
}

void Process::drain() {
  if (draining_) return;
  draining_ = true;
  life_.later(drain_max, [this] {
    abandoned_ = true;
    end();
  });
  post([] {});
}

// Whatever was not drained in time is read from the vendors again.
void Process::end() {
  if (ended_) return;
  ended_ = true;
  member_.leave();
  life_.stop();
}

void Process::reload() {
  life_.later(world_.between(0ms, reload_max), [this] {
    post([this] { fleet_->reconfigure(core::Reconfiguration{config_, {}}, now()); });
  });
}

void Process::set_clock(Duration ahead) {
  clock_ahead_ = ahead;
  post([] {});
}

bool Process::owns(int partition) {
  const std::uint64_t owner = tenures_[partition].owner;
  return owner != 0 && owner == world_.kafka.owner(partition);
}

bool Process::is_at(int partition) {
  const std::uint64_t owner = tenures_[partition].owner;
  return owner != 0 && owner == world_.kafka.marked(partition);
}

bool Process::owns_any() {
  return std::ranges::any_of(tenures_, [this](const auto& tenure) { return owns(tenure.first); });
}

bool Process::committing() const {
  return std::ranges::any_of(tenures_, [](const auto& tenure) { return tenure.second.committing; });
}

// --- the loop, as src/runtime/worker.cpp has it

void Process::post(std::function<void()> letter) {
  mail_.push_back(std::move(letter));
  if (std::exchange(turn_planned_, true)) return;
  life_.later(0ms, [this] { turn(); });
}

void Process::turn() {
  turn_planned_ = false;
  armed_ = Steady::max();
  for (auto& letter : std::exchange(mail_, {})) letter();
  if (draining_) {
    fleet_->drain(now());
    if (fleet_->empty()) return end();
  }
  fleet_->step(now());
  for (auto& [id, response] : std::exchange(responses_, {})) fleet_->on_response(id, response, now());
  arm();
}

// An earlier wish replaces a later one.
void Process::arm() {
  const Steady wake = fleet_->wake_at();
  if (wake == Steady::max() || wake >= armed_) return;
  armed_ = wake;
  life_.later(wake - now().steady, [this, wake] {
    if (armed_ == wake) turn();
  });
}

// --- the tail

void Process::tail() {
  const Duration delay = std::max(world_.between(5ms, 700ms), world_.outage_until - world_.time);
  life_.later(delay, [this] { pump_tail(); });
}

void Process::pump_tail() {
  for (auto& [partition, heard] : tailed_) {
    const std::vector<core::OffsetsEvent>& log = world_.kafka.log(partition);
    for (; heard < log.size(); ++heard) {
      post([this, event = log[heard]] { hear(event); });
    }
  }
}

void Process::hear(const core::OffsetsEvent& event) {
  fleet_->on_offsets(event, now());
  const auto* mark = std::get_if<core::OwnerMark>(&event);
  if (mark == nullptr) return;
  Tenure& tenure = tenures_[mark->partition];
  // A commit under way will tell, too.
  if (tenure.owner != 0 && !tenure.committing && owner_of(mark->mark) > tenure.owner)
    tenure.taken_over = true;
}

// --- HTTP

void Process::send(http::RequestId id, http::Request request) {
  count_request(request);
  world_.tell(name_, " asks ", request.url);
  in_flight_.insert(id);
  const Duration there = world_.between(1ms, world_.troubles.network_max);
  const Duration back = world_.between(1ms, world_.troubles.network_max);
  // It reaches the vendor whether or not we live to hear of it.
  world_.at(there, [this, &world = world_, alive = life_.alive(), id, sent = std::move(request),
                    began = world_.time, back] {
    const test::Reply reply = world.vendors.handle(to_request(sent), world.time);
    if (!*alive || !in_flight_.contains(id)) return;
    http::Response response = to_response(reply, body_bytes_max, sent.timeout);
    const Duration delay = std::min(reply.delay, sent.timeout) + back;
    // As curl measures it: until the process gets to hear of it.
    life_.later(delay, [this, id, began, response = std::move(response)]() mutable {
      response.latency = world_.time - began;
      receive(id, std::move(response));
    });
  });
}

void Process::count_request(const http::Request& request) {
  ++world_.tally.requests;
  const std::vector<Source>& sources = world_.scenario.sources;
  const auto source = std::ranges::find(sources, origin_of(request.url), &Source::base_url);
  AS_CHECK(source != sources.end());
  const int partition = murmur2_partition(source->account, world_.scenario.partitions);
  if (tenures_[partition].taken_over)
    world_.complaints.push_back(name_ + " asks for " + source->name + " although it knows better");
  if (owns(partition)) {
    world_.sent[source->account].push_back(world_.time);
  } else {
    ++world_.tally.requests_of_fenced;
  }
}

void Process::receive(http::RequestId id, http::Response response) {
  if (in_flight_.erase(id) == 0) return;
  responses_.emplace_back(id, std::move(response));
  post([] {});
}

// --- what it says

void Process::said(const Source& source, const core::Notice& say) {
  world_.tell(name_, " ", source.name, " ", say.code, ": ", say.text);
}

void Process::shard_said(int partition, const core::Notice& say) {
  world_.tell(name_, " partition ", partition, " ", say.code, ": ", say.text);
}

// The simulated vendors answer with what they are asked for.
void Process::ignored_rows(const Source& source, std::size_t count) {
  world_.complaints.push_back(source.name + " was shown " + std::to_string(count) +
                              " rows outside what was asked");
}

void Process::transacted(const core::Batch& batch, core::Outcome outcome, Duration, Time) {
  if (outcome != core::Outcome::committed || !world_.telling()) return;
  std::string content;
  for (const core::Unit& unit : batch.units) {
    for (const Event& event : unit.events) content.append(event.id).append(event.raw);
    for (const core::DeadLetter& letter : unit.dead_letters)
      content.append(letter.event.id).append(letter.flaw.code);
    for (const core::Record& record : unit.records)
      content.append(record.key).append(record.value.value_or("-"));
  }
  world_.tell(name_, " committed ", batch.events, " events, in all ", hash_hex(content));
}

}  // namespace auditstream::sim
