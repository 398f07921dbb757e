// What a poller says of itself while some of what it asks for fails and some does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "unit/poller_life.h"

namespace auditstream::core {
namespace {

using ::testing::ElementsAre;
using ::testing::Le;

bool holds(const Asked& range, Time time) { return range.from <= time && (!range.to || time < *range.to); }

TEST(PollerHealth, WhatIsReadBehindAWindowThatFailsIsNoSuccess) {
  Life life;
  const Time since = noon - 40 * 24h;
  const Time poison = since + 10 * 24h + 90min;
  life.vendor.facts.by_day = true;
  life.source.backfill_start_time = since;
  life.source.lanes = 4;
  life.log.add("before", since + 24h);
  life.log.add("behind", since + 20 * 24h);
  life.start();
  bool heals = false;
  life.world = [&](const http::Request& request) {
    return !heals && holds(asked(request), poison) ? answer_with(502) : life.log.answer(request);
  };
  life.live(30min);
  EXPECT_THAT(life.published, ElementsAre("before"));
  const PollerStatus status = life.poller->status(life.now);
  EXPECT_STREQ(to_string(status.activity), "failing");
  ASSERT_TRUE(status.last_success);
  EXPECT_GT(life.now.wall - *status.last_success, 25min) << "nothing that counts was read since";
  EXPECT_THAT(life.times_said("recovered"), Le(1u)) << "where a narrower window led up to it";
  EXPECT_THAT(life.times_said("transient"), Le(8u));
  life.said.clear();
  heals = true;
  life.live(10min);
  EXPECT_THAT(life.published, ElementsAre("before", "behind"));
  EXPECT_EQ(life.times_said("recovered"), 1u);
}

TEST(PollerHealth, AWindowThatCanNotBeNarrowerHasSmallerPagesUntilItIsRead) {
  Life life;
  const Time since = noon - 40 * 24h;
  const Time heavy = since + 10 * 24h;
  life.vendor.facts.by_day = true;
  life.source.backfill_start_time = since;
  for (int i = 0; i < 60; ++i) life.log.add("e" + std::to_string(i), heavy + i * 1min);
  life.start();
  std::uint32_t last_page_size = 0;
  // This vendor takes too long for more than 30 rows of that day.
  life.world = [&](const http::Request& request) {
    const Asked range = asked(request);
    last_page_size = range.page_size;
    return range.page_size > 30 && holds(range, heavy) ? answer_with(502) : life.log.answer(request);
  };
  life.live(24h);
  EXPECT_EQ(life.published.size(), 60u);
  EXPECT_EQ(last_page_size, 100u) << "what was one day's trouble is no other's for ever";
}

TEST(PollerHealth, AllPagesOfAWindowHaveTheSameSize) {
  Life life;
  const Time since = noon - 40 * 24h;
  const Time heavy = since + 24h;
  life.vendor.facts.by_day = true;
  life.source.backfill_start_time = since;
  life.source.lanes = 3;
  for (int day = 0; day < 4; ++day)
    for (int i = 0; i < 250; ++i)
      life.log.add(std::to_string(day) + "." + std::to_string(i), since + day * 24h + i * 1min);
  life.start();
  std::map<Time, std::uint32_t> size_of;  // of the window's first page, by its beginning
  std::uint32_t smallest = 100;
  life.world = [&](const http::Request& request) {
    const Asked range = asked(request);
    smallest = std::min(smallest, range.page_size);
    if (range.page_size > 30 && holds(range, heavy)) return answer_with(502);
    if (range.token.empty()) size_of[range.from] = range.page_size;
    EXPECT_EQ(range.page_size, size_of[range.from]) << "a page's number means another row otherwise";
    return life.log.answer(request);
  };
  life.live(24h);
  EXPECT_EQ(life.published.size(), 1000u);
  EXPECT_THAT(smallest, Le(30u));
}

TEST(PollerHealth, PagesBeforeTheOneThatFailsHealNothing) {
  Life life;
  life.vendor.facts.by_day = true;
  life.source.backfill_start_time = noon - 30 * 24h;
  life.source.page_size = 1;
  for (const char* id : {"a", "b", "c"}) life.log.add(id, noon - 29 * 24h);
  life.start();
  int second_page = 0;
  life.world = [&](const http::Request& request) {
    const Asked range = asked(request);
    if (range.token == "2" || (range.token == "1" && ++second_page % 2 == 1)) return answer_with(502);
    return life.log.answer(request);
  };
  life.live(10min);
  EXPECT_EQ(life.state(), "failing");
  EXPECT_THAT(life.times_said("recovered"), Le(2u)) << "of the first attempts, before a window was given up";
}

// A window of so many pages under ten requests a minute: longer than the grace. One answer is not the log's.
void read_slowly(Life& life, int pages, int failing, const http::Response& failure) {
  life.source.backfill_start_time = noon - 30 * 24h;
  life.source.page_size = 1;
  for (int i = 0; i < pages; ++i) life.log.add(std::to_string(i), noon - 29 * 24h);
  life.start();
  int answers = 0;
  while (life.published.empty() && answers < 2 * pages) {
    life.step();
    if (life.sent.empty()) {
      life.pass(1s);
      continue;
    }
    life.pass(6s);
    life.respond(answers++ == failing ? failure : life.log.answer(life.sent.front().request));
    EXPECT_NE(life.state(), "failing") << "after answer " << answers;
    life.commit_units();
  }
  EXPECT_EQ(life.published.size(), static_cast<std::size_t>(pages));
  for (const Notice& say : life.said) EXPECT_EQ(say.level, Level::info) << say.text;
}

TEST(PollerHealth, AHiccupBeforeALongReadingIsNoFailure) {
  Life life;
  read_slowly(life, 30, 0, answer_with(200, "malformed"));
}

TEST(PollerHealth, AHiccupInALongReadingIsNoFailure) {
  Life life;
  read_slowly(life, 60, 40, answer_with(502));
}

TEST(PollerHealth, AHiccupAfterAPauseOfAnHourIsNoFailure) {
  Life life;
  life.start();
  life.live(1min);
  life.pass(1h);  // disabled in the config
  life.reload();
  life.step_and_respond(answer_with(502));
  EXPECT_EQ(life.state(), "retrying");
}

TEST(PollerHealth, WhatLanesMeetInOneMomentCountsOnce) {
  Life life;
  life.source.backfill_start_time = noon - 30 * 24h;
  life.source.lanes = 2;
  life.start();
  life.step();
  ASSERT_EQ(life.sent.size(), 2u);
  life.pass(1s);
  life.respond(answer_with(200, "malformed"), 1);
  life.pass(1s);
  life.respond(answer_with(200, "malformed"), 0);
  EXPECT_EQ(life.state(), "retrying") << "one hiccup of the vendor's";
  life.live(1min);
  EXPECT_NE(life.state(), "failing");

  life.world = [](const http::Request&) { return answer_with(200, "malformed"); };
  life.live(1min);
  EXPECT_EQ(life.state(), "failing") << "malformed twice, one after the other";
}

http::Response throttled_for(const char* time) { return answer_with(429, "", {{"retry-after", time}}); }

// The vendor asks for ten minutes of silence, and a minute later the cursor tells of it.
void throttle(Life& life) {
  life.start();
  life.live(1min);
  life.world = [](const http::Request&) { return throttled_for("600s"); };
  life.live(1min);
  life.commit(*life.poller->take_progress(life.now));
}

TEST(PollerHealth, ASilenceOfTheVendorsOutlivesARestart) {
  Life life;
  throttle(life);
  life.pass(3min);
  life.start();
  life.poller->start_at(life.now.steady);
  // Its account is still silent, so that nothing is answered.
  const auto wait = [&](Duration time) {
    life.pass(time);
    life.step();
  };
  life.step();
  wait(5min);
  EXPECT_EQ(life.state(), "throttled");
  wait(10min);
  EXPECT_EQ(life.state(), "failing") << "no vendor's word holds longer than that";
}

TEST(PollerHealth, ASilenceOfTheVendorsOutlivesATakeoverByAnotherInstance) {
  Life life;
  throttle(life);
  life.pass(8min);
  life.start();  // who knows nothing of the silence, and asks
  life.world = [](const http::Request&) { return throttled_for("60s"); };
  life.live(2min);
  EXPECT_EQ(life.state(), "throttled");
  life.live(10min);
  EXPECT_EQ(life.state(), "failing");
}

TEST(PollerHealth, GraceIsThreePollIntervals) {
  Life life;
  life.source.poll_interval = 5min;
  life.start();
  life.live(1min);
  life.world = [](const http::Request&) { return answer_with(503); };
  life.live(13min);
  EXPECT_EQ(life.state(), "retrying");
  life.live(3min);
  EXPECT_EQ(life.state(), "failing");
}

TEST(PollerHealth, TellsWhenItAsksAgain) {
  Life life;
  life.source.poll_interval = 5min;
  life.start();
  life.live(1min);
  const PollerStatus resting = life.poller->status(life.now);
  EXPECT_STREQ(to_string(resting.activity), "resting");
  ASSERT_TRUE(resting.next_attempt);
  EXPECT_EQ(*resting.next_attempt, life.now.wall + (life.poller->asks_at() - life.now.steady));
  EXPECT_GT(*resting.next_attempt, life.now.wall);
  life.world = [](const http::Request&) { return answer_with(401); };
  life.live(5min);
  const PollerStatus refused = life.poller->status(life.now);
  ASSERT_TRUE(refused.next_attempt);
  EXPECT_THAT(*refused.next_attempt - life.now.wall, Le(75s)) << "a credential is tried once a minute";
}

TEST(PollerHealth, EstimatesTheEndOfABackfillByItsPace) {
  Life life;
  const Time since = noon - 100 * 24h;
  life.source.backfill_start_time = since;
  life.start();
  EXPECT_FALSE(life.poller->status(life.now).backfill_end) << "there is no pace yet";
  std::optional<Time> estimate;
  // Each request takes a minute; halfway through the estimate is about as far ahead as the beginning behind.
  while (life.cursor().floor.time < since + 50 * 24h) {
    life.step();
    if (!life.sent.empty()) {
      life.pass(1min);
      life.respond(life.log.answer(life.sent.front().request));
    } else {
      life.pass(1s);
    }
    life.commit_units();
    if (const auto progress = life.poller->take_progress(life.now)) life.commit(*progress);
  }
  life.step();
  estimate = life.poller->status(life.now).backfill_end;
  ASSERT_TRUE(estimate);
  const double took = static_cast<double>((life.now.wall - noon).count());
  const double left = static_cast<double>((*estimate - life.now.wall).count());
  const double reached = static_cast<double>((life.cursor().floor.time - since).count());
  const double remains = static_cast<double>((life.now.wall - life.cursor().floor.time).count());
  EXPECT_NEAR(left / took, remains / reached, 0.01);
}

}  // namespace
}  // namespace auditstream::core
