#include "runtime/watchdog.h"

#include <chrono>
#include <utility>

namespace auditstream::runtime {

Watchdog::Watchdog(std::function<std::uint64_t()> turns, int patience, std::function<void()> tick,
                   std::function<void()> alive, std::function<void()> bite)
    : turns_(std::move(turns)),
      patience_(patience),
      tick_(std::move(tick)),
      alive_(std::move(alive)),
      bite_(std::move(bite)),
      thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  {
    const MutexLock lock(mutex_);
    done_ = true;
  }
  wakeup_.notify_one();
  thread_.join();
}

void Watchdog::run() {
  std::uint64_t last = turns_();
  MutexLock lock(mutex_);
  while (!wakeup_.wait_for(lock, std::chrono::seconds(1), [this]() AS_REQUIRES(mutex_) { return done_; })) {
    const std::uint64_t turns = turns_();
    const int ticks = turns == std::exchange(last, turns) ? ticks_ + 1 : 0;
    ticks_ = ticks;
    if (ticks >= patience_) {
      bite_();
      return;
    }
    if (ticks == 0) alive_();
    tick_();
  }
}

}  // namespace auditstream::runtime
