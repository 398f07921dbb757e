// The pace of requests: no sliding window of the vendor's overflows, and little of it is wasted.
#include "core/rate_limit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace auditstream::core {
namespace {

constexpr Steady start{1h};

// Requests as fast as the limit lets them go.
std::vector<Steady> sent(RateLimit& limit, Steady from, Steady until) {
  std::vector<Steady> moments;
  for (Steady now = from;;) {
    now = limit.next(now);
    if (now >= until) return moments;
    limit.take(now);
    moments.push_back(now);
  }
}

std::size_t most_in(const std::vector<Steady>& moments, Duration period) {
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < moments.size(); ++last) {
    while (moments[last] - moments[first] >= period) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

TEST(RateLimit, WithoutLimitsNothingWaits) {
  RateLimit limit({}, start);
  limit.take(start);
  EXPECT_EQ(limit.next(start), start);
  EXPECT_TRUE(std::isinf(limit.requests_per_second()));
}

TEST(RateLimit, IsEvenFromTheFirstRequestOn) {
  RateLimit limit({{1000, 1min}}, start);
  const std::vector<Steady> moments = sent(limit, start, start + 10s);
  ASSERT_GT(moments.size(), 160u);
  // A successor that starts with a burst would add it to its predecessor's.
  for (std::size_t i = 1; i < moments.size(); ++i) {
    EXPECT_GE(moments[i] - moments[i - 1], 60ms) << i;
    EXPECT_LE(moments[i] - moments[i - 1], 63ms) << i;
  }
}

TEST(RateLimit, UsesNearlyAllOfTheBudget) {
  RateLimit limit({{1000, 1min}}, start);
  EXPECT_NEAR(limit.requests_per_second(), 1000.0 / 60 * 0.98, 0.01);
  EXPECT_GE(sent(limit, start, start + 1h).size(), 58'000u);
}

TEST(RateLimit, NeverOverflowsASlidingWindowWhateverThePauses) {
  std::mt19937 random(7);
  for (const RateSpec& spec : {RateSpec{1000, 1min}, RateSpec{5, 1s}, RateSpec{1, 1s}, RateSpec{2, 1min},
                               RateSpec{1500, 1h}, RateSpec{20, 1s}}) {
    RateLimit limit({spec}, start);
    std::vector<Steady> all;
    for (Steady now = start; all.size() < 5 * spec.count + 20;) {
      now += spec.period * (random() % 300) / 100;  // silence, up to three periods
      const Steady until = now + spec.period * (random() % 200) / 100;
      const std::vector<Steady> moments = sent(limit, now, until);
      all.insert(all.end(), moments.begin(), moments.end());
      now = std::max(until, limit.next(until));
    }
    EXPECT_LE(most_in(all, spec.period), spec.count) << spec.count << " in " << format_duration(spec.period);
  }
}

TEST(RateLimit, ABurstIsAtMostTwoPercent) {
  RateLimit limit({{1000, 1min}}, start);
  const Steady rested = start + 1h;
  std::size_t burst = 0;
  for (; limit.next(rested) == rested; ++burst) limit.take(rested);
  EXPECT_GT(burst, 1u);
  EXPECT_LE(burst, 20u);
}

TEST(RateLimit, TheTightestOfSeveralLimitsDecides) {
  RateLimit limit({{5, 1s}, {1500, 1h}}, start);
  EXPECT_NEAR(limit.requests_per_second(), 1500.0 / 3600 * 0.98, 1e-4);
  const std::vector<Steady> moments = sent(limit, start, start + 3h);
  EXPECT_LE(most_in(moments, 1s), 5u);
  EXPECT_LE(most_in(moments, 1h), 1500u);
}

TEST(RateLimit, SilenceHoldsAndIsNeverShortened) {
  RateLimit limit({}, start);
  limit.block(start + 15min);
  limit.block(start + 1s);
  EXPECT_TRUE(limit.blocked(start + 14min));
  EXPECT_EQ(limit.next(start), start + 15min);
  EXPECT_FALSE(limit.blocked(start + 15min));
  EXPECT_EQ(limit.next(start + 16min), start + 16min);
}

}  // namespace
}  // namespace auditstream::core
