// World: the one thread and the one time of a universe, its vendors, its Kafka, and what is counted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sim/scenario.h"
#include "sim/sim_kafka.h"
#include "simvendors/simulated_vendors.h"

namespace auditstream::sim {

inline constexpr Time epoch{
    Duration{std::chrono::seconds(1'790'000'000)}};  // 2026-09-21: any moment would do

struct Tally {
  std::uint64_t kills = 0;
  std::uint64_t kills_of_owners = 0;   // with at least one partition open
  std::uint64_t kills_in_commits = 0;  // with at least one transaction on its way
  std::uint64_t stops = 0;
  std::uint64_t drains = 0;
  std::uint64_t flaps = 0;  // cut off from the group, or thrown out of it
  std::uint64_t rebalances = 0;
  std::uint64_t outages = 0;
  std::uint64_t clock_steps = 0;
  std::uint64_t foreign_openers = 0;
  std::uint64_t reloads = 0;
  std::uint64_t sets = 0;  // of cursors that were there
  std::uint64_t resets = 0;
  std::uint64_t fences = 0;
  std::uint64_t opens_failed = 0;
  std::array<std::uint64_t, 4> commits{};  // by Outcome
  std::uint64_t published = 0;
  std::uint64_t heartbeats = 0;
  std::uint64_t histories = 0;  // begun
  std::uint64_t histories_over = 0;
  std::uint64_t requests = 0;
  std::uint64_t requests_of_fenced = 0;  // by owners that had not heard of it yet

  void add(const Tally& other);
};

class World {
 public:
  // With `telling` it remembers the story of what happened; that costs more than living it.
  World(const Scenario& scenario, bool telling)
      : scenario(scenario),
        troubles(scenario.troubles),
        vendors(epoch, scenario.tenants),
        random_(scenario.seed),
        telling_(telling) {}

  void at(Duration delay, std::function<void()> what) {
    events_.push_back(Entry{time + std::max(delay, Duration{0}), sequence_++, std::move(what)});
    std::push_heap(events_.begin(), events_.end());
  }
  // Runs what is due until then.
  void run_until(Time end) {
    while (!events_.empty() && events_.front().when <= end) {
      std::pop_heap(events_.begin(), events_.end());
      Entry entry = std::move(events_.back());
      events_.pop_back();
      time = std::max(time, entry.when);
      entry.what();
    }
    time = end;
  }

  bool chance(double share) { return std::uniform_real_distribution<double>(0, 1)(random_) < share; }
  std::uint64_t number(std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(least, most)(random_);
  }
  Duration between(Duration least, Duration most) {
    return Duration{std::uniform_int_distribution<Duration::rep>(least.count(), most.count())(random_)};
  }

  bool telling() const { return telling_; }
  template <class... Parts>
  void tell(const Parts&... parts) {
    if (!telling_) return;
    std::ostringstream line;
    line << std::chrono::duration<double>(time - epoch).count() << "s ";
    (line << ... << parts);
    story.push_back(line.str());
  }

  const Scenario& scenario;
  Troubles troubles;
  SimulatedVendors vendors;
  SimKafka kafka;
  Time time = epoch;
  Time outage_until = epoch;
  Tally tally;
  Complaints complaints;
  std::vector<std::string> story;
  std::map<std::string, std::vector<Time>> sent;  // by account: what a partition's owner has asked for

 private:
  struct Entry {
    Time when;
    std::uint64_t sequence;
    std::function<void()> what;
    bool operator<(const Entry& other) const {
      return when != other.when ? when > other.when : sequence > other.sequence;
    }
  };
  std::vector<Entry> events_;  // a heap
  std::uint64_t sequence_ = 0;
  std::mt19937_64 random_;
  bool telling_;
};

// The threads of one process: what they are about to do is done while it runs, afterwards if it is stopped
// in between, and never once it is dead.
class Life {
 public:
  explicit Life(World& world) : world_(world), state_(std::make_shared<State>()) {}
  ~Life() { state_->alive = false; }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  void later(Duration delay, std::function<void()> what) {
    world_.at(delay, [state = state_, what = std::move(what)]() mutable {
      if (!state->alive) return;
      if (state->stopped) {
        state->held.push_back(std::move(what));
      } else {
        what();
      }
    });
  }
  void stop() { state_->stopped = true; }
  // In any order: the threads wake up one by one.
  void resume() {
    state_->stopped = false;
    for (auto& what : std::exchange(state_->held, {}))
      later(world_.between(Duration{0}, 30ms), std::move(what));
  }
  bool stopped() const { return state_->stopped; }
  // For what outlives this object.
  std::shared_ptr<const bool> alive() const { return {state_, &state_->alive}; }

 private:
  struct State {
    bool alive = true;
    bool stopped = false;
    std::vector<std::function<void()>> held;
  };
  World& world_;
  std::shared_ptr<State> state_;
};

}  // namespace auditstream::sim
