// How long to wait before something is tried again. Pure.
#pragma once

#include <algorithm>

#include "auditstream/time.h"
#include "core/random.h"

namespace auditstream::core {

// After `times` failures in a row, at least one: twice as long after each, at most `most`.
inline Duration backoff(Duration first, int times, Duration most) {
  for (int i = 1; i < times && first < most; ++i) first *= 2;
  return std::min(first, most);
}

// `least`, plus at random up to `spread` times that: waiters must not all return at the same moment.
inline Duration jittered(Duration least, double spread, Random& random) {
  return least +
         Duration{static_cast<Duration::rep>(static_cast<double>(least.count()) * spread * random.next())};
}

}  // namespace auditstream::core
