// Plan: which faults come, in which order and after which pauses. A function of the seed; touches nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <iterator>
#include <random>

#include "vendor_apis/names.h"

namespace auditstream::chaos {

enum class Kind {
  instance_killed,
  instance_terminated,
  instance_frozen,
  broker_killed,
  broker_frozen,
  two_brokers_killed,
  vendor_fails,
  vendor_throttles,
  vendor_hangs_up,
};
const char* name_of(Kind kind);

struct Fault {
  std::chrono::milliseconds pause;  // after the end of the one before
  Kind kind;
  int target;                       // number of a broker, from 1, or of a vendor, from 0
  std::chrono::milliseconds lasts;  // until it is started again, or goes on
};

// Those who suffer do so at the same time: each instance, the brokers together, the vendors together.
enum class Victim { instance_1, instance_2, instance_3, brokers, vendors };
inline constexpr Victim victims[] = {Victim::instance_1, Victim::instance_2, Victim::instance_3,
                                     Victim::brokers, Victim::vendors};
inline constexpr int instances = 3;
inline constexpr int brokers = 3;
inline constexpr int vendors = std::size(vendor_apis::vendor_names);

// About how many faults of all victims a minute brings, if brokers come back as fast as usual.
inline constexpr int usual_faults_per_minute = 20;

class Plan {
 public:
  // What happens to one victim does not depend on how long the others' faults take.
  Plan(std::uint64_t seed, Victim victim, double faults_per_minute);

  Fault next();

 private:
  std::chrono::milliseconds between(std::chrono::milliseconds least, std::chrono::milliseconds most);
  int below(int bound);

  const Victim victim_;
  const double pace_;
  std::mt19937_64 random_;
};

}  // namespace auditstream::chaos
