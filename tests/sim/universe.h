// Universe: vendors, Kafka and processes of auditstream in one thread and one virtual time, all of it from
// one seed. Every decision of the product is the real code; only the outside files are replaced.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "auditstream/shard.h"
#include "sim/sim_kafka.h"
#include "simvendors/simulated_vendors.h"

namespace auditstream::sim {

// How bad this universe is. Each seed draws its own mixture, so that every trouble also comes alone.
struct Troubles {
  double journal_open_fails = 0;
  double commit_aborted = 0;     // certainly not applied, handle usable
  double commit_lost = 0;        // not applied, and nobody knows
  double commit_unknown = 0;     // applied, and nobody knows
  bool zombies = false;          // a killed process goes on for a while
  Duration clock_ahead{0};       // of the processes' wall clock
  Duration network_max = 300ms;  // one way
};

struct Scenario {
  std::uint64_t seed = 0;
  std::vector<TenantSpec> tenants;
  std::vector<Source> sources;  // base_url "http://127.0.0.1:1"; the same order
  Troubles troubles;
  int kills = 0;
  Duration lively{0};  // how long events are produced and troubles go on
  PollerOptions options;
  std::optional<std::pair<Duration, Duration>> stall;  // of every vendor's ingest, relative to the start
};

struct Verdict {
  std::vector<std::string> failures;  // empty: all invariants held
  std::vector<std::string> last_actions;
  std::uint64_t published = 0;
  std::uint64_t commits = 0;
  std::uint64_t kills = 0;
  std::uint64_t requests = 0;
};

// Draws a scenario from a seed.
Scenario draw_scenario(std::uint64_t seed);
// What a reader of a failure wants to know of it.
std::string describe(const Scenario& scenario);
// Lives it: troubles first, then peace until everything has arrived; then checks the invariants.
Verdict live(const Scenario& scenario);

}  // namespace auditstream::sim
