// Watchdog: ends a process whose event loop hangs. Otherwise librdkafka's own threads would keep its
// membership alive, and no other instance would take over its sources.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include "auditstream/time.h"
#include "base/mutex.h"

namespace auditstream::runtime {

class Watchdog {
 public:
  // Has a tick every second, and calls `tick` with it. `turns` must keep changing: `alive` is called with
  // each tick since which it has; if it has not for `patience` ticks, `bite` is called once. A process that
  // was stopped had no ticks, so it isn't taken for a hung one.
  Watchdog(std::function<std::uint64_t()> turns, int patience, std::function<void()> tick,
           std::function<void()> alive, std::function<void()> bite);
  ~Watchdog();

  // From any thread: for how long `turns` has not changed, counted in ticks.
  Duration standstill() const { return std::chrono::seconds(ticks_); }

 private:
  void run();

  const std::function<std::uint64_t()> turns_;
  const int patience_;
  const std::function<void()> tick_;
  const std::function<void()> alive_;
  const std::function<void()> bite_;

  Mutex mutex_;
  Condition wakeup_;
  bool done_ AS_GUARDED_BY(mutex_) = false;
  std::atomic<int> ticks_ = 0;
  std::thread thread_;
};

}  // namespace auditstream::runtime
