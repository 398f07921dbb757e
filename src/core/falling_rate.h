// FallingRate: a condition that lasts is logged once, then less and less often. Pure.
#pragma once

#include <algorithm>

#include "auditstream/time.h"

namespace auditstream::core {

class FallingRate {
 public:
  FallingRate(Duration first, Duration most) : first_(first), most_(most) {}

  // True if it should be logged now: at once after a reset, then at intervals that double.
  bool due(Steady now) {
    if (interval_ > Duration{0} && now < next_) return false;
    interval_ = std::clamp(2 * interval_, first_, most_);
    next_ = now + interval_;
    return true;
  }
  // The condition has ended or changed: it is logged at once when it comes next.
  void reset() { interval_ = Duration{0}; }

 private:
  Duration first_;
  Duration most_;
  Duration interval_{0};
  Steady next_{};
};

}  // namespace auditstream::core
