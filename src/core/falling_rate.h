// FallingRate: something that stays so is said once, then less and less often. Pure.
#pragma once

#include <algorithm>

#include "auditstream/time.h"

namespace auditstream::core {

class FallingRate {
 public:
  FallingRate(Duration first, Duration most) : first_(first), most_(most) {}

  // True where it is to be said now: at once after a reset, then twice as rarely each time.
  bool due(Steady now) {
    if (interval_ > Duration{0} && now < next_) return false;
    interval_ = std::clamp(2 * interval_, first_, most_);
    next_ = now + interval_;
    return true;
  }
  // It is not so any more, or something else is: the next time is news.
  void reset() { interval_ = Duration{0}; }

 private:
  Duration first_;
  Duration most_;
  Duration interval_{0};
  Steady next_{};
};

}  // namespace auditstream::core
