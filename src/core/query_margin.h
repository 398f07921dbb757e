// How far a request reaches beyond its window, so that it doesn't matter how the vendor treats a bound.
#pragma once

#include "auditstream/vendor.h"

namespace auditstream::core {

inline constexpr Duration query_margin_by_second = 2s;
inline constexpr Duration query_margin_by_day = 14h;

inline Duration query_margin(const Traits& traits) {
  return traits.by_day ? query_margin_by_day : query_margin_by_second;
}

}  // namespace auditstream::core
