// InARow: how many times in a row something was so. Several requests are in flight at once: one that was sent
// before the last time it was so does not count again. Pure.
#pragma once

#include "auditstream/time.h"

namespace auditstream::core {

class InARow {
 public:
  int note(bool so, Steady asked, Steady now) {
    if (so && (times_ == 0 || asked >= last_)) {
      ++times_;
      last_ = now;
    }
    if (!so) times_ = 0;
    return times_;
  }
  void reset() { times_ = 0; }
  int times() const { return times_; }

 private:
  int times_ = 0;
  Steady last_{};
};

}  // namespace auditstream::core
