#include "chaos/plan.h"

namespace auditstream::chaos {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::instance_killed:
      return "instance: kill -9";
    case Kind::instance_terminated:
      return "instance: SIGTERM";
    case Kind::instance_frozen:
      return "instance: SIGSTOP";
    case Kind::broker_killed:
      return "broker: kill -9";
    case Kind::broker_frozen:
      return "broker: SIGSTOP";
    case Kind::two_brokers_killed:
      return "two brokers: kill -9";
    case Kind::vendor_fails:
      return "vendor: 5xx";
    case Kind::vendor_throttles:
      return "vendor: 429";
    case Kind::vendor_hangs_up:
      return "vendor: resets";
  }
  return "?";
}

Plan::Plan(std::uint64_t seed, Victim victim, double faults_per_minute)
    : victim_(victim),
      pace_(usual_faults_per_minute / faults_per_minute),
      random_(seed * std::size(victims) + static_cast<std::uint64_t>(victim)) {}

Fault Plan::next() {
  const auto after = [&](milliseconds most) {
    return std::chrono::duration_cast<milliseconds>(between(0ms, most) * pace_);
  };
  if (victim_ == Victim::vendors) {
    constexpr Kind kinds[] = {Kind::vendor_fails, Kind::vendor_throttles, Kind::vendor_hangs_up};
    return {after(16s), kinds[below(3)], below(vendors), between(2s, 6s)};
  }
  const milliseconds pause = after(victim_ == Victim::brokers ? 14s : 16s);
  const int share = below(100);
  if (victim_ == Victim::brokers) {
    const int node = 1 + below(brokers);
    if (share < 8) return {pause, Kind::two_brokers_killed, node, between(5s, 20s)};
    if (share < 36) return {pause, Kind::broker_frozen, node, between(1s, 20s)};
    return {pause, Kind::broker_killed, node, between(0s, 5s)};
  }
  const int number = 1 + static_cast<int>(victim_);
  if (share < 30) return {pause, Kind::instance_frozen, number, between(1s, 20s)};
  if (share < 55) return {pause, Kind::instance_terminated, number, between(0s, 3s)};
  return {pause, Kind::instance_killed, number, between(0s, 5s)};
}

// Plain remainders: what the standard library's distributions draw is left to each of its versions.
milliseconds Plan::between(milliseconds least, milliseconds most) {
  return least + milliseconds(below(static_cast<int>((most - least).count()) + 1));
}

int Plan::below(int bound) { return static_cast<int>(random_() % static_cast<std::uint64_t>(bound)); }

}  // namespace auditstream::chaos
