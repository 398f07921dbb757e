// RateLimit: when may the next request go? Evenly paced (GCRA), so that no sliding window of the vendor's
// overflows.
#pragma once

#include <vector>

#include "auditstream/model.h"
#include "auditstream/time.h"

namespace auditstream::core {

// The budget of one account. A small share of each limit is left unused (2 %), because requests that are sent
// at an even rhythm arrive at an uneven one. A burst within that share builds up while no request is sent; a
// new budget starts without it, so that a handover between instances doesn't add up two bursts.
class RateLimit {
 public:
  RateLimit(const std::vector<RateSpec>& specs, Steady now);

  // The earliest moment at which a request may go; not before `now`.
  Steady next(Steady now) const;
  // One request goes at `now`.
  void take(Steady now);
  // The vendor asked for silence until then.
  void block(Steady until);
  bool blocked(Steady now) const { return now < blocked_until_; }

  // What the limits allow in the long run; infinite without limits.
  double requests_per_second() const;

 private:
  struct Pace {
    Duration interval;   // between requests
    Duration tolerance;  // how far ahead of the rhythm a burst may run
    Steady due;          // theoretical arrival time of the next request
  };
  std::vector<Pace> paces_;

  Steady blocked_until_{};
};

}  // namespace auditstream::core
