// The vendor's side of a rate limit: at most so many accepted requests in ANY span of the period, which is
// stricter than the fixed windows that vendors use. Pure; the time is an argument.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "auditstream/model.h"

namespace auditstream::sim {

class RateGate {
 public:
  // Nothing: accepted. Else how long to wait until the request would be accepted.
  std::optional<Duration> enter(const std::vector<RateSpec>& limits, Time now) {
    Duration wait{0};
    Duration longest{0};
    for (const RateSpec& limit : limits) {
      longest = std::max(longest, limit.period);
      if (limit.count == 0 || accepted_.size() < limit.count) continue;
      wait = std::max(wait, accepted_[accepted_.size() - limit.count] + limit.period - now);
    }
    if (wait > Duration{0}) return wait;
    accepted_.push_back(now);
    while (accepted_.front() + longest < now) accepted_.pop_front();
    return std::nullopt;
  }

 private:
  std::deque<Time> accepted_;
};

}  // namespace auditstream::sim
