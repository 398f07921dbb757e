// Scenario: who lives in a universe and what it will suffer. A value, drawn from a seed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auditstream/model.h"
#include "core/poller.h"
#include "simvendors/tenant.h"

namespace auditstream::sim {

// What happens to processes, to Kafka and to clocks, one at a time while the troubles last.
enum class Act {
  kill,
  kill_in_commit,  // within the next commit of that process
  stop,            // SIGSTOP, and SIGCONT after a while
  stop_in_commit,
  terminate,       // SIGTERM: drains and leaves
  scale,           // another number of processes is wanted
  flap,            // its membership ends and begins anew
  cut_off,         // its heartbeats get lost for a while; everything else goes on
  outage,          // Kafka takes neither opens nor commits for a while
  clock_step,      // its wall clock jumps
  foreign_opener,  // a tool fences a partition and leaves
  foreign_opener_in_commit,
  reload,  // of the config, with other settings, and without some of the sources
  edit,    // of a cursor: an operator sets it, or begins anew
};
inline constexpr std::size_t act_kinds = 14;

// How bad this universe is. Each seed draws its own mixture, so that every trouble also comes alone.
struct Troubles {
  double open_fails = 0;
  double commit_lost = 0;     // not applied, and nobody knows
  double commit_unknown = 0;  // applied, and nobody knows
  double commit_refused = 0;  // a record was refused, but not for ever
  double event_refused = 0;   // share of the events that the broker never takes
  Duration clock_ahead{0};    // of processes' wall clocks
  Duration clock_step_max{0};
  Duration network_max = 300ms;  // one way
  Duration outage_max = 40s;
  std::array<unsigned, act_kinds> weights{};  // of the acts, by Act
};

struct Scenario {
  std::uint64_t seed = 0;
  bool dense = false;  // much trouble, little history
  int partitions = 3;
  std::vector<TenantSpec> tenants;
  std::vector<Source> sources;  // base_url "http://127.0.0.1:<n>"; the same order
  Troubles troubles;
  std::size_t processes_max = 1;
  int acts = 0;
  Duration act_gap_max{0};
  Duration lively{0};  // how long events are produced, at least
  Duration peace{0};   // nothing takes longer to arrive once the troubles are over
  core::PollerOptions options;
  std::optional<Duration> heartbeats;                  // how often
  std::optional<std::pair<Duration, Duration>> stall;  // of every vendor's ingest, relative to the start
};

// With `only`, every tenant is of that vendor.
Scenario draw_scenario(std::uint64_t seed, const Vendor* only = nullptr);
// What a reader of a failure wants to know of it.
std::string describe(const Scenario& scenario);

}  // namespace auditstream::sim
