// Which window comes next: nothing is left out between two of them.
#include "core/planner.h"

#include <gtest/gtest.h>

#include "unit/poller_life.h"

namespace auditstream::core {
namespace {

constexpr Duration overlap = 10min;

Reach cursor_at(Time watermark) { return {watermark, {watermark, ""}}; }

// Hands out windows until the live one, each published before the next; holds that each starts where the one
// before ended.
std::vector<Window> all_windows(Planner& planner, Reach cursor, Time now) {
  std::vector<Window> windows;
  while (windows.size() < 10'000) {
    windows.push_back(*planner.next(cursor, overlap, now, true));
    if (!windows.back().to) return windows;
    const Window& window = windows.back();
    EXPECT_LT(window.from, *window.to);
    cursor.watermark = *window.to;
    cursor.floor.time =
        *window.to <= now - finality_delay ? *window.to : std::max(cursor.floor.time, *window.to - overlap);
    if (windows.size() > 1) {
      EXPECT_EQ(window.from, *windows[windows.size() - 2].to);
    }
  }
  ADD_FAILURE() << "no live window";
  return windows;
}

// As a history does, which ends where the present has begun.
TEST(Planner, UpToABorderTheLastWindowIsReadOnceAndThenAgainFromTheFloor) {
  Planner planner(false, {});
  planner.end_at(noon - 1h);
  const Reach reach = cursor_at(noon - 90min);
  EXPECT_EQ(planner.next(reach, overlap, noon, false), (Window{noon - 90min, noon - 1h}));
  EXPECT_FALSE(planner.live());
  EXPECT_FALSE(planner.next(reach, overlap, noon, false)) << "what lies before is not published yet";
  EXPECT_EQ(planner.next(reach, overlap, noon, true), (Window{noon - 90min, noon - 1h}));
  EXPECT_TRUE(planner.live());
}

TEST(Planner, ABorderNearToNowIsReadLive) {
  Planner planner(false, {});
  planner.end_at(noon - 1min);
  EXPECT_EQ(planner.next(cursor_at(noon - 90min), overlap, noon, true), (Window{noon - 90min, noon - 30min}));
  EXPECT_EQ(planner.next(cursor_at(noon - 40min), overlap, noon, true), (Window{noon - 40min, noon - 1min}));
  EXPECT_TRUE(planner.live());
}

TEST(Planner, AFreshSourceIsReadLive) {
  Planner planner(false, {});
  EXPECT_EQ(planner.next(cursor_at(noon), overlap, noon, true), (Window{noon, std::nullopt}));
}

TEST(Planner, ABackfillIsReadInWindowsWithoutGaps) {
  Planner planner(false, {});
  const Time since = noon - 30 * 24h;
  const std::vector<Window> windows = all_windows(planner, cursor_at(since), noon);
  EXPECT_EQ(windows.front().from, since);
  EXPECT_GT(windows.size(), 20u);
  EXPECT_GT(*windows[windows.size() - 2].to, noon - overlap - 1h);
}

// Only a window that ends before the horizon moves the watermark by being read, so as much as possible does.
TEST(Planner, AWindowAcrossTheHorizonLiesMostlyBehindIt) {
  for (const bool by_day : {false, true}) {
    Planner planner(by_day, {});
    const Time settled = noon - finality_delay;
    for (const Window& window : all_windows(planner, cursor_at(noon - 10 * 24h - 17min), noon)) {
      if (!window.to || window.from >= settled || *window.to <= settled) continue;
      EXPECT_LE(settled - window.from, (*window.to - window.from) / 2);
    }
  }
}

TEST(Planner, DaysAreAskedForWhole) {
  Planner planner(true, {});
  const Time since = noon - 10 * 24h;
  const std::vector<Window> windows = all_windows(planner, cursor_at(since), noon);
  EXPECT_EQ(windows[0], (Window{since, floor_day(since) + 24h}));
  EXPECT_EQ(windows[1], (Window{floor_day(since) + 24h, floor_day(since) + 48h}));
}

TEST(Planner, TheLiveWindowComesOnlyWhereItMay) {
  Planner planner(false, {});
  EXPECT_FALSE(planner.next(cursor_at(noon - 1min), overlap, noon, false));
  EXPECT_TRUE(planner.next(cursor_at(noon - 2h), overlap, noon, false));
}

TEST(Planner, TheLiveWindowReachesBackByTheOverlapButNotBelowTheFloor) {
  Planner planner(false, {});
  Reach cursor = cursor_at(noon);
  cursor.floor.time = noon - 20min;
  planner.next(cursor, overlap, noon, true);
  EXPECT_LE(planner.next(cursor, overlap, noon + 30s, true)->from, noon - 10min);
  EXPECT_EQ(planner.next(cursor, 1h, noon + 30s, true), (Window{noon - 20min, std::nullopt}));
}

TEST(Planner, ALiveWindowThatIsSplitForNowIsWholeAgainAfterIt) {
  Planner planner(false, {});
  const Reach cursor = cursor_at(noon - overlap);
  ASSERT_FALSE(planner.next(cursor, overlap, noon, true)->to);
  ASSERT_TRUE(planner.narrow(overlap, 5));
  planner.split_live_for_now();
  Window window = *planner.next(cursor, overlap, noon, true);
  for (int pieces = 0; window.to; window = *planner.next(cursor, overlap, noon, true)) {
    ASSERT_LT(++pieces, 10);
  }
  for (int polls = 0; polls < 100; ++polls) {
    planner.rest();
    if (!planner.next(cursor, overlap, noon, true)->to) return;
  }
  ADD_FAILURE() << "it stays split";
}

// A closed window had been read, with nothing in it; then the live one failed. What is late may still lie in
// the first.
TEST(Planner, ALiveWindowThatIsSplitSettlesNothingBehindItsBeginning) {
  Planner planner(false, {});
  Reach cursor = cursor_at(noon - 20min);
  cursor.floor.time = noon - 30min;
  const Time now = noon - 8min;
  ASSERT_TRUE(planner.narrow(1h, 6));
  ASSERT_EQ(planner.next(cursor, overlap, now, true), (Window{noon - 30min, noon - 20min}));
  ASSERT_EQ(planner.next(cursor, overlap, now, true), (Window{noon - 30min, std::nullopt}));
  planner.split_live_for_now();
  ASSERT_EQ(planner.next(cursor, overlap, now, true), (Window{noon - 20min, std::nullopt}));
  EXPECT_EQ(planner.unsettled_from(), noon - 30min);
}

TEST(Planner, SparseWindowsGrowAndDenseOnesShrink) {
  Planner planner(false, {.events = 1000, .bytes = 1 << 20});
  const Reach cursor = cursor_at(noon - 365 * 24h);
  Window window = *planner.next(cursor, overlap, noon, true);
  EXPECT_EQ(*window.to - window.from, 1h);
  planner.learn(10, 1000, 1h);
  window = *planner.next(cursor, overlap, noon, true);
  EXPECT_EQ(*window.to - window.from, 4h);
  planner.learn(8000, 1000, 4h);
  window = *planner.next(cursor, overlap, noon, true);
  EXPECT_EQ(*window.to - window.from, 30min);
  planner.learn(10, 4 << 20, 30min);
  window = *planner.next(cursor, overlap, noon, true);
  EXPECT_EQ(*window.to - window.from, 450s);
}

TEST(Planner, NarrowsDownToASecondOrADay) {
  Planner planner(false, {});
  EXPECT_TRUE(planner.narrow(1h, 1e9));
  const Window window = *planner.next(cursor_at(noon - 48h), overlap, noon, true);
  EXPECT_EQ(*window.to - window.from, 1s);
  EXPECT_FALSE(planner.narrow(1s, 2));
  Planner days(true, {});
  EXPECT_TRUE(days.narrow(48h, 2));
  EXPECT_FALSE(days.narrow(24h, 2));
}

TEST(Planner, GoesBackToWhatWasNotRead) {
  Planner planner(false, {});
  const Reach cursor = cursor_at(noon - 48h);
  planner.next(cursor, overlap, noon, true);
  const Window second = *planner.next(cursor, overlap, noon, true);
  planner.next(cursor, overlap, noon, true);
  planner.go_back(second.from);
  EXPECT_EQ(planner.next(cursor, overlap, noon, true), second);
}

TEST(Planner, AnEndIsTheEnd) {
  Planner planner(false, {}, noon + 90min);
  const Reach cursor = cursor_at(noon);
  EXPECT_FALSE(planner.finished());
  EXPECT_EQ(planner.next(cursor, overlap, noon, true), (Window{noon, noon + 1h}));
  EXPECT_EQ(planner.next(cursor, overlap, noon, true), (Window{noon + 1h, noon + 90min}));
  EXPECT_FALSE(planner.next(cursor, overlap, noon, true));
  EXPECT_TRUE(planner.finished());
}

// It would make the next windows as narrow as they get, and reading would creep along behind the settled
// line.
TEST(Planner, AWindowInsideAGapTeachesNothing) {
  Planner planner(false, {});
  const Reach cursor = cursor_at(noon - 30h);
  const Window first = *planner.next(cursor, overlap, noon, true);
  const Duration span = *first.to - first.from;
  planner.leave_unconfirmed(*first.to);
  EXPECT_EQ(planner.width(first, noon), Duration{0});
  planner.learn(0, 0, planner.width(first, noon));
  const Window next = *planner.next(cursor, overlap, noon, true);
  EXPECT_EQ(next.from, first.from);
  EXPECT_GE(*next.to - *first.to, span);
}

// Windows have become narrow behind a gap that crosses the line of what is settled: what is left before the
// line is no window of its own, or nothing would be read until the line has passed the gap.
TEST(Planner, AGapIsCoveredAgainInOneWindowHoweverNarrowTheyHaveBecome) {
  Planner planner(false, {});
  const Reach cursor = cursor_at(noon - finality_delay - overlap - 10s);
  const Time reached = noon - finality_delay + 3h;
  planner.leave_unconfirmed(reached);
  planner.narrow(4s, 2);
  const Window next = *planner.next(cursor, overlap, noon, true);
  EXPECT_EQ(next.from, cursor.floor.time);
  EXPECT_EQ(next.to, reached + 2s);
}

// A vendor that can't answer for the whole overlap at once is asked in pieces, and those vouch for no more
// than what had been shown before the first of them was read.
TEST(Planner, ALiveWindowThatIsTooMuchIsSplit) {
  Planner planner(false, {});
  Reach cursor = cursor_at(noon - 10min);
  EXPECT_FALSE(planner.next(cursor, overlap, noon, true)->to);
  planner.narrow(10min, 5);
  planner.split_live();
  std::vector<Window> pieces{*planner.next(cursor, overlap, noon, true)};
  while (pieces.back().to) {
    EXPECT_EQ(planner.unsettled_from(), cursor.watermark - overlap);
    pieces.push_back(*planner.next(cursor, overlap, noon, true));
    EXPECT_EQ(pieces.back().from, *pieces[pieces.size() - 2].to);
  }
  EXPECT_EQ(pieces.front().from, cursor.floor.time);
  EXPECT_GE(pieces.size(), 4u);
  EXPECT_FALSE(planner.leave_unconfirmed(noon)) << "everything is read again anyway";
  planner.rest();
  EXPECT_FALSE(planner.unsettled_from());
}

}  // namespace
}  // namespace auditstream::core
