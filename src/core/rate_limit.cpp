#include "core/rate_limit.h"

#include <algorithm>
#include <limits>

namespace auditstream::core {
namespace {

constexpr double used_share = 0.98;

}  // namespace

RateLimit::RateLimit(const std::vector<RateSpec>& specs, Steady now) {
  for (const RateSpec& spec : specs) {
    AS_CHECK(spec.count > 0 && spec.period > Duration{0});
    const double paced = spec.count * used_share;
    const auto interval =
        Duration{static_cast<Duration::rep>(static_cast<double>(spec.period.count()) / paced)};
    // A window of the period's length sees at most floor(paced) + 1 evenly spaced requests; what is left is
    // the burst, less one for the unevenness of the network.
    const long spare = static_cast<long>(spec.count) - (static_cast<long>(paced) + 1) - 1;
    const Duration tolerance = interval * std::max(0L, spare);
    paces_.push_back(Pace{interval, tolerance, now + tolerance});
  }
}

Steady RateLimit::next(Steady now) const {
  Steady when = std::max(now, blocked_until_);
  for (const Pace& pace : paces_) when = std::max(when, pace.due - pace.tolerance);
  return when;
}

void RateLimit::take(Steady now) {
  for (Pace& pace : paces_) pace.due = std::max(pace.due, now) + pace.interval;
}

void RateLimit::block(Steady until) { blocked_until_ = std::max(blocked_until_, until); }

double RateLimit::requests_per_second() const {
  double rate = std::numeric_limits<double>::infinity();
  for (const Pace& pace : paces_) rate = std::min(rate, 1e6 / static_cast<double>(pace.interval.count()));
  return rate;
}

}  // namespace auditstream::core
