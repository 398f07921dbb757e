// Concurrency: how many requests must be in flight at the same time to use up a rate limit. Pure.
#pragma once

#include <algorithm>
#include <cmath>

#include "auditstream/time.h"

namespace auditstream::core {

class Concurrency {
 public:
  explicit Concurrency(double requests_per_second) : requests_per_second_(requests_per_second) {}

  // A request was answered after `latency`.
  void learn(Duration latency) {
    latency_ = latency_ == Duration{0} ? latency : (latency_ * 7 + latency) / 8;
  }
  // At least one, at most `most`.
  unsigned needed(unsigned most) const {
    if (latency_ == Duration{0}) return 1;
    const double seconds = std::chrono::duration<double>(latency_).count();
    const double requests = std::ceil(requests_per_second_ * seconds) + 1;
    return static_cast<unsigned>(std::min(requests, static_cast<double>(most)));
  }

 private:
  double requests_per_second_;
  Duration latency_{0};  // a moving average
};

}  // namespace auditstream::core
