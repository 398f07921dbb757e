#include "core/overlap_advice.h"

#include <gtest/gtest.h>

namespace auditstream::core {
namespace {

TEST(OverlapAdvice, IsTwiceTheLatestAsARoundNumber) {
  const auto overlap = [](Duration latest) { return format_duration(overlap_for(latest)); };
  EXPECT_EQ(overlap(0s), "10m");
  EXPECT_EQ(overlap(5min), "10m");
  EXPECT_EQ(overlap(6min), "20m");
  EXPECT_EQ(overlap(3h), "8h");
  EXPECT_EQ(overlap(20h), "2d");
}

TEST(OverlapAdvice, IsGivenWhenHalfOfItIsUsed) {
  Source source;
  source.name = "acme";
  source.overlap = 20min;
  Cursor cursor;
  EXPECT_EQ(advised_overlap(source, cursor), std::nullopt);
  cursor.lateness = 10min;
  EXPECT_EQ(overlap_advice(source, cursor), std::nullopt);
  cursor.lateness = 10min + 1s;
  EXPECT_EQ(advised_overlap(source, cursor), 30min);
  EXPECT_EQ(
      overlap_advice(source, cursor),
      "acme: an event has appeared 10 min 1 s behind what had been read: overlap: 30m is advised instead of 20m");
}

}  // namespace
}  // namespace auditstream::core
