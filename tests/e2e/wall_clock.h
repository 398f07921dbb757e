// WallClock: what programs started by a test take for the time of day.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "auditstream/time.h"
#include "support/child.h"

namespace auditstream::test {

// Outlives the programs that are started with its environment. Their timers and timeouts stay real.
class WallClock {
 public:
  explicit WallClock(Duration ahead = Duration{0});
  ~WallClock();
  WallClock(const WallClock&) = delete;
  WallClock& operator=(const WallClock&) = delete;

  // For Child: makes the program follow this clock.
  Environment environment() const;

  // At once, for all programs that follow it.
  void set_ahead(Duration ahead) { *ahead_micros_ = ahead.count(); }
  void step(Duration by) { *ahead_micros_ += by.count(); }
  Time now() const;

 private:
  TemporaryDirectory directory_;
  std::atomic<std::int64_t>* ahead_micros_;  // in a file that the programs have mapped
};

}  // namespace auditstream::test
