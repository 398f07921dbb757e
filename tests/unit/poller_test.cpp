// One source's life: what it asks, what it publishes, how it takes trouble, when it rests.
#include "core/poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/hash.h"
#include "unit/poller_life.h"

namespace auditstream::core {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const http::Response empty_page = answer_with(200);

// --- beginning

TEST(Poller, AsksNothingBeforeItsCursorIsInKafka) {
  Life life;
  Ledger ledger(life.source, noon, noon);
  std::uint64_t next_id = 1;
  Poller poller(std::make_shared<const Source>(life.source), life.secrets, std::move(ledger),
                Poller::InitialCursor::due, {}, next_id);
  std::vector<Action> actions;
  EXPECT_TRUE(poller.urgent());
  poller.step(life.now, actions);
  EXPECT_THAT(actions, IsEmpty());
  EXPECT_EQ(poller.wake_at(), Steady::max());
  EXPECT_STREQ(to_string(poller.status(life.now).activity), "starting");

  EXPECT_THAT(poller.take_progress(life.now)->records, SizeIs(1));
  poller.step(life.now, actions);
  EXPECT_THAT(actions, IsEmpty()) << "taken is not committed";
  poller.on_committed();
  poller.step(life.now, actions);
  EXPECT_THAT(actions, SizeIs(1));
}

TEST(Poller, StartsWhenToldAndKeepsItsRhythm) {
  Life life;
  life.start();
  life.poller->start_at(life.now.steady + 3s);
  EXPECT_EQ(life.poller->wake_at(), life.now.steady + 3s);
  life.step();
  EXPECT_THAT(life.sent, IsEmpty());
  life.pass(3s);
  const Steady first = life.now.steady;
  life.step();
  life.pass(7s);
  life.respond(empty_page);
  life.commit_units();
  EXPECT_EQ(life.poller->wake_at(), first + 30s);
  life.pass(23s);
  life.step();
  life.pass(31s);  // longer than the interval: the next beat, not two at once
  life.respond(empty_page);
  life.commit_units();
  EXPECT_EQ(life.poller->wake_at(), first + 90s);
}

TEST(Poller, AsksAGuardWiderThanItsWindow) {
  Life life;
  life.source.backfill_start_time = noon - 30 * 24h;
  life.start();
  life.step();
  const Asked range = asked(life.sent.at(0).request);
  EXPECT_EQ(range.from, noon - 30 * 24h - 2s);
  EXPECT_EQ(range.to, noon - 30 * 24h + 1h + 2s);
}

TEST(Poller, SaysOnceThatABackfillFoundNothing) {
  Life life;
  life.source.backfill_start_time = noon - 3 * 24h;
  life.start();
  life.live(5min);
  EXPECT_EQ(life.times_said("no_events"), 1u);
  EXPECT_THAT(life.said.back().text, testing::AllOf(HasSubstr("2026-11-17"), HasSubstr("the script.")));
}

TEST(Poller, IsSilentAboutAnEmptyLogWhereNobodyAskedForItsPastOrSomethingWasFound) {
  Life fresh;
  fresh.start();
  fresh.live(5min);
  EXPECT_EQ(fresh.times_said("no_events"), 0u);

  Life life;
  life.source.backfill_start_time = noon - 3 * 24h;
  life.log.add("one", noon - 2 * 24h);
  life.start();
  life.live(5min);
  life.start();
  life.live(5min);
  EXPECT_EQ(life.times_said("no_events"), 0u);
}

TEST(Poller, AStoppedOnePollsNothingAndSaysWhy) {
  Life life;
  std::uint64_t next_id = 1;
  Poller poller =
      Poller::stopped(std::make_shared<const Source>(life.source), life.secrets, "move the cursor", next_id);
  std::vector<Action> actions;
  poller.step(life.now, actions);
  EXPECT_THAT(actions, IsEmpty());
  EXPECT_EQ(poller.wake_at(), Steady::max());
  EXPECT_FALSE(poller.urgent());
  EXPECT_FALSE(poller.has_progress());
  EXPECT_STREQ(to_string(poller.status(life.now).activity), "stopped");
  EXPECT_EQ(poller.status(life.now).error, "move the cursor");
}

TEST(Poller, APausedCursorIsNotPolled) {
  Life life;
  life.start();
  Cursor paused = life.cursor();
  paused.state = Cursor::State::paused;
  life.records["acme"] = encode_cursor(paused, {});
  life.start();
  life.step();
  EXPECT_THAT(life.sent, IsEmpty());
  EXPECT_EQ(life.poller->wake_at(), Steady::max());
  EXPECT_EQ(life.state(), "paused");
}

// --- publishing

TEST(Poller, PublishesEachEventOnceOverRestarts) {
  Life life;
  life.start();
  std::vector<std::string> all;
  for (int i = 0; i < 40; ++i) {
    const std::string id = "e" + std::to_string(100 + i);
    all.push_back(id);
    life.log.add(id, life.now.wall - (i % 7) * 1min);
    life.live(30s);
    if (i % 5 == 0) life.start();
  }
  // What lies before the first start was never wanted.
  const auto wanted = [&](const std::string& id) {
    const auto row = std::ranges::find(life.log.rows, id, &Log::Row::id);
    return *row->time >= noon;
  };
  std::erase_if(all, [&](const std::string& id) { return !wanted(id); });
  EXPECT_EQ(life.sorted(), all);
}

TEST(Poller, ProgressWithoutEventsIsHeldUntilAskedFor) {
  Life life;
  life.source.backfill_start_time = noon - 10 * 24h;
  life.start();
  life.poll();
  EXPECT_EQ(life.cursor().watermark, noon - 10 * 24h) << "nothing was written";
  ASSERT_TRUE(life.poller->has_progress());
  life.commit(*life.poller->take_progress(life.now));
  EXPECT_GE(life.cursor().watermark, noon - finality_delay - 1h);
  EXPECT_FALSE(life.poller->take_progress(life.now));
}

TEST(Poller, AHeartbeatComesWithTheCursorThatItTellsOf) {
  Life life;
  life.source.backfill_start_time = noon - 10 * 24h;
  life.start();
  life.poll();
  ASSERT_TRUE(life.poller->has_progress());
  const Unit unit = life.poller->take_heartbeat("audit.heartbeat", life.now).value();
  EXPECT_THAT(unit.records, SizeIs(1));
  life.commit(unit);
  EXPECT_EQ(unit.heartbeat->topic, "audit.heartbeat");
  EXPECT_EQ(unit.heartbeat->since, noon - 10 * 24h);
  EXPECT_EQ(unit.heartbeat->complete_until, life.cursor().floor.time);
  EXPECT_GT(unit.heartbeat->complete_until, noon - 2 * finality_delay);
  EXPECT_EQ(unit.heartbeat->seq, 0u);

  const Unit again = life.poller->take_heartbeat("audit.heartbeat", life.now).value();
  EXPECT_THAT(again.records, IsEmpty()) << "nothing has moved";
  EXPECT_EQ(again.heartbeat->complete_until, unit.heartbeat->complete_until);
}

TEST(Poller, BeforeItsFirstCursorThereIsNoHeartbeat) {
  Life life;
  std::uint64_t next_id = 1;
  Poller poller(std::make_shared<const Source>(life.source), life.secrets, Ledger(life.source, noon, noon),
                Poller::InitialCursor::due, {}, next_id);
  EXPECT_FALSE(poller.take_heartbeat("audit.heartbeat", life.now));
  EXPECT_TRUE(poller.has_progress()) << "it is still to be committed";
}

TEST(Poller, ReadsARangeAndEnds) {
  Life life;
  life.source.backfill_start_time = noon - 2h;
  life.options.end = noon + 1h;  // even into the future
  life.log.add("in", noon + 30min);
  life.log.add("after", noon + 1h);
  life.start();
  life.poll();
  EXPECT_THAT(life.published, ElementsAre("in"));
  EXPECT_TRUE(life.poller->status(life.now).finished);
  EXPECT_EQ(life.poller->wake_at(), Steady::max());
}

TEST(Poller, EventsOfOneUnitAreInOrder) {
  Life life;
  life.start();
  life.pass(10s);
  for (const char* id : {"b", "c", "a"}) life.log.add(id, noon + 5s);
  life.log.add("z", noon + 4s);
  life.poll();
  EXPECT_THAT(life.published, ElementsAre("z", "a", "b", "c"));
}

TEST(Poller, DrainKeepsWhatIsCompleteAndCancelsTheRest) {
  Life life;
  life.source.backfill_start_time = noon - 30 * 24h;
  life.source.lanes = 3;
  life.log.add("a", noon - 30 * 24h + 1min);
  life.start();
  life.step();
  ASSERT_THAT(life.sent, SizeIs(3));
  life.respond(life.log.answer(life.sent[0].request));
  std::vector<Action> actions;
  life.poller->drain(actions);
  EXPECT_THAT(actions, SizeIs(2));
  for (const Action& action : actions) EXPECT_TRUE(std::holds_alternative<Cancel>(action));
  EXPECT_EQ(life.commit_units(), 1u);
  EXPECT_THAT(life.published, ElementsAre("a"));
  life.sent.clear();
  life.pass(1h);
  life.step();
  EXPECT_THAT(life.sent, IsEmpty());
  EXPECT_EQ(life.poller->wake_at(), Steady::max());
}

TEST(Poller, AnEventThatIsNoValidJsonIsDeadLetteredOnceAndHoldsUpNothing) {
  Life life;
  life.source.backfill_start_time = noon - 1h;
  life.log.add("good", noon - 50min);
  life.log.rows.push_back({.id = "broken", .time = noon - 40min, .broken = true});
  life.log.rows.push_back({.id = "lost", .time = std::nullopt, .broken = true});
  life.log.add("later", noon - 1min);
  life.start();
  life.live(5min);
  EXPECT_THAT(life.sorted(), ElementsAre("good", "later"));
  EXPECT_THAT(life.dead, UnorderedElementsAre("broken malformed_json", "lost malformed_json"));
  EXPECT_GE(life.times_said("dead_letter_malformed_json"), 1u);
  life.start();
  life.live(1h);
  EXPECT_EQ(life.dead.size(), 2u);
  // Mended in the vendor's log, it is out all the same.
  for (Log::Row& row : life.log.rows) row.broken = false;
  life.live(1h);
  EXPECT_EQ(life.dead.size(), 2u);
  EXPECT_THAT(life.sorted(), ElementsAre("good", "later"));
}

// Without a time there is no place at which to cut the window: it is read until all of them are out.
TEST(Poller, MoreTimelessEventsThanAReadingHoldsAllGoToTheDeadLetters) {
  Life life;
  life.source.backfill_start_time = noon - 1h;
  life.source.page_size = 7;
  life.options.reading.events_max = 10;
  for (int i = 0; i < 35; ++i) life.log.add("timeless" + std::to_string(i), std::nullopt);
  for (int i = 0; i < 35; ++i) life.log.add("timed" + std::to_string(i), noon - 50min + i * 1min);
  life.start();
  life.live(10min);
  EXPECT_EQ(life.dead.size(), 35u);
  EXPECT_EQ(std::set<std::string>(life.dead.begin(), life.dead.end()).size(), 35u);
  EXPECT_EQ(life.published.size(), 35u);
  EXPECT_EQ(std::set<std::string>(life.published.begin(), life.published.end()).size(), 35u);
}

TEST(Poller, ARefusedEventGoesToTheDeadLettersInItsTurn) {
  Life life;
  life.start();
  life.pass(10s);
  for (const char* id : {"a", "b", "c"}) life.log.add(id, noon + 5s);
  life.poller->refuse_event(hash64("b"));
  life.poll();
  EXPECT_THAT(life.published, ElementsAre("a", "c"));
  EXPECT_THAT(life.dead, ElementsAre("b refused"));
  life.start();
  life.live(5min);
  EXPECT_THAT(life.dead, SizeIs(1));
}

// --- lanes

TEST(Poller, LanesAreSubmittedInOrder) {
  Life life;
  const Time since = noon - 30 * 24h;
  life.source.backfill_start_time = since;
  life.source.lanes = 3;
  life.log.add("first", since + 1min);
  life.log.add("second", since + 61min);
  life.log.add("third", since + 121min);
  life.start();
  life.step();
  ASSERT_THAT(life.sent, SizeIs(3));
  life.respond(life.log.answer(life.sent[2].request), 2);
  life.respond(life.log.answer(life.sent[1].request), 1);
  EXPECT_EQ(life.commit_units(), 0u);
  life.respond(life.log.answer(life.sent[0].request), 0);
  EXPECT_EQ(life.commit_units(), 3u);
  EXPECT_THAT(life.published, ElementsAre("first", "second", "third"));
}

TEST(Poller, ARefusedLaneVoidsThoseAfterItAndNoOther) {
  Life life;
  const Time since = noon - 30 * 24h;
  life.source.backfill_start_time = since;
  life.source.lanes = 3;
  life.log.add("first", since + 1min);
  life.log.add("third", since + 121min);
  life.start();
  life.step();
  life.respond(life.log.answer(life.sent[2].request), 2);
  life.respond(answer_with(404), 1);
  life.respond(life.log.answer(life.sent[0].request), 0);
  EXPECT_EQ(life.commit_units(), 1u);
  EXPECT_EQ(life.cursor().watermark, since + 1h);
  life.live(10min);
  EXPECT_THAT(life.published, ElementsAre("first", "third"));
}

TEST(Poller, AnOverfullLaneVoidsThoseAfterIt) {
  Life life;
  const Time since = noon - 30 * 24h;
  life.source.backfill_start_time = since;
  life.source.lanes = 2;
  life.options.reading.events_max = 10;
  for (int i = 0; i < 30; ++i) life.log.add("e" + std::to_string(100 + i), since + 1min);
  life.log.add("later", since + 61min);
  life.start();
  life.step();
  life.respond(life.log.answer(life.sent[1].request), 1);
  life.respond(life.log.answer(life.sent[0].request), 0);
  life.commit_units();
  EXPECT_THAT(life.published, SizeIs(10));
  EXPECT_LE(life.cursor().watermark, since + 1min);
  life.poll();
  EXPECT_THAT(life.published, SizeIs(31));
  EXPECT_EQ(life.published.back(), "later");
}

// A row that changes while it is read may be shown to two lanes, and neither knows of the other.
TEST(Poller, AnEventThatTwoLanesWereShownComesOnce) {
  Life life;
  const Time since = noon - 20h;
  life.source.backfill_start_time = since;
  life.source.lanes = 2;
  life.start();
  life.step();
  ASSERT_THAT(life.sent, SizeIs(2));
  life.respond(answer_with(200, event_line("moved", since + 55min)), 0);
  life.respond(answer_with(200, event_line("moved", since + 65min) + event_line("new", since + 66min)), 0);
  EXPECT_EQ(life.commit_units(), 2u);
  EXPECT_THAT(life.published, ElementsAre("moved", "new"));
}

TEST(Poller, AnEventWithoutATimeThatTwoLanesWereShownIsDeadLetteredOnce) {
  Life life;
  life.source.backfill_start_time = noon - 30 * 24h;
  life.source.lanes = 2;
  life.log.add("bad", std::nullopt);
  life.start();
  life.step();
  ASSERT_THAT(life.sent, SizeIs(2));
  life.respond(life.log.answer(life.sent[0].request), 0);
  life.respond(life.log.answer(life.sent[0].request), 0);
  life.commit_units();
  EXPECT_THAT(life.dead, ElementsAre("bad unreadable_time"));
}

TEST(Poller, LatencyAndBudgetDecideHowManyLanes) {
  Life life;
  life.source.backfill_start_time = noon - 30 * 24h;
  life.start();
  life.step();
  EXPECT_THAT(life.sent, SizeIs(1)) << "the latency is unknown";
  life.respond(empty_page);
  life.commit_units();
  life.step();
  EXPECT_THAT(life.sent, SizeIs(6)) << "16.3/s times 300 ms, rounded up, and one";
}

// --- windows that hold much

// That the live window holds no more says nothing of what may still come late.
TEST(Poller, WhatComesLateBelowTheCutOfALiveWindowIsFound) {
  Life life;
  life.options.reading.events_max = 10;
  life.start();
  life.pass(5min);
  for (int i = 0; i < 30; ++i) life.log.add("e" + std::to_string(100 + i), noon + 3min + i * 1s);
  life.step();
  ASSERT_THAT(life.sent, SizeIs(1));
  life.respond(life.log.answer(life.sent[0].request));
  life.commit_units();
  EXPECT_THAT(life.published, SizeIs(10));
  life.log.add("late", noon + 1min);
  life.live(2min);
  EXPECT_THAT(life.published, SizeIs(31));
  EXPECT_THAT(life.published, Contains("late"));
}

class Crowded : public ::testing::TestWithParam<bool> {};

// 50,000 events in one second of a page of 1,000 is 1,000 events of a window of 100.
TEST_P(Crowded, OneSecondThatOverflowsEveryLimitMakesProgress) {
  const bool historic = GetParam();
  Life life;
  const Time moment = historic ? noon - 30 * 24h : noon + 5s;
  if (historic) life.source.backfill_start_time = moment - 10min;
  life.options.reading.events_max = 100;
  life.options.target.events = 50;
  std::vector<std::string> all;
  for (int i = 0; i < 1000; ++i) {
    all.push_back("e" + std::to_string(1000 + (i * 7919) % 1000));
    life.log.add(all.back(), moment);
  }
  std::ranges::sort(all);
  life.start();
  life.pass(10s);
  life.poll();
  EXPECT_EQ(life.published, all);
  EXPECT_LE(life.events_at_once, 100u);
  life.start();
  life.live(5min);
  EXPECT_THAT(life.published, SizeIs(1000));
}
INSTANTIATE_TEST_SUITE_P(LiveAndHistoric, Crowded, ::testing::Bool());

TEST(Poller, NarrowsAWindowWhenTheVendorCountsTooMuch) {
  Life life;
  const Time since = noon - 30 * 24h;
  life.source.backfill_start_time = since;
  life.options.target.events = 100;
  life.log.totals = true;
  for (int i = 0; i < 2000; ++i) life.log.add("e" + std::to_string(10'000 + i), since + i * 1800ms);
  life.start();
  life.step();
  life.respond(life.log.answer(life.sent.at(0).request));
  life.step();
  const Asked narrower = asked(life.sent.at(0).request);
  EXPECT_EQ(narrower.from, since - 2s);
  EXPECT_LT(*narrower.to - narrower.from, 10min);
  life.sent.clear();
  life.start();
  life.poll();
  EXPECT_THAT(life.published, SizeIs(2000));
  EXPECT_LE(life.events_at_once, 400u);
}

TEST(Poller, NarrowsAWindowWhoseQueryTheVendorGivesUp) {
  Life life;
  life.source.backfill_start_time = noon - 30 * 24h;
  life.start();
  life.step_and_respond(answer_with(504));
  life.pass(10s);
  life.step();
  const Asked range = asked(life.sent.at(0).request);
  EXPECT_EQ(range.from, noon - 30 * 24h - 2s);
  EXPECT_EQ(*range.to - range.from, 30min + 4s);
}

TEST(Poller, AsksForSmallerPagesWhenAnswersAreTooLarge) {
  Life life;
  life.start();
  http::Response bomb;
  bomb.transport = http::Transport::too_large;
  life.step_and_respond(bomb);
  life.pass(10s);
  life.step();
  EXPECT_EQ(asked(life.sent.at(0).request).page_size, 50u);
}

TEST(Poller, AnUnchangedTotalOfAnUnchangedRangeIsNothingNew) {
  Life life;
  life.vendor.facts.by_day = true;
  life.vendor.facts.probe = true;
  life.log.totals = true;
  life.log.add("old", noon - 1h);
  life.start();
  life.live(10min);
  EXPECT_EQ(life.asked_times, 21);
  life.log.add("new", life.now.wall);
  life.live(1min);
  EXPECT_THAT(life.published, ElementsAre("new"));
}

// --- time

TEST(Poller, AnEventTwoHoursInTheFutureComesOnce) {
  Life life;
  life.start();
  life.log.add("future", noon + 2h);
  life.log.add("present", noon + 1s);
  life.pass(2s);
  life.live(1min);
  EXPECT_THAT(life.published, UnorderedElementsAre("present", "future"));
  EXPECT_LE(life.cursor().watermark, life.now.wall);
  life.log.add("next", life.now.wall);
  life.start();
  life.live(5h);
  EXPECT_THAT(life.published, UnorderedElementsAre("present", "future", "next"));
}

TEST(Poller, AClockAYearAheadAndRightAgainLosesNothing) {
  Life life;
  life.now.wall = noon + 365 * 24h;
  life.start();
  life.live(5min);
  life.now.wall = noon;
  life.live(5min);
  life.log.add("a", life.now.wall);
  life.live(5min);
  EXPECT_THAT(life.published, ElementsAre("a"));
}

TEST(Poller, AClockAYearAheadAndRightWithTheNextStartLosesNothing) {
  Life life;
  life.now.wall = noon + 365 * 24h;
  life.start();
  life.live(5min);
  life.now.wall = noon;
  life.start();
  life.live(5min);
  life.log.add("a", life.now.wall);
  life.live(5min);
  EXPECT_THAT(life.published, ElementsAre("a"));
}

http::Header date_of(Time time) {
  // Only the days around the tests' noon are spelled.
  const auto since = time - floor_day(time);
  const auto days = (floor_day(time) - floor_day(noon)) / 24h;
  std::string text = days == 0 ? "Fri, 20 Nov 2026 " : "Sat, 21 Nov 2026 ";
  for (const auto part : {since / 1h, since / 1min % 60, since / 1s % 60}) {
    text += (part < 10 ? "0" : "") + std::to_string(part) + ":";
  }
  text.back() = ' ';
  return {"date", text + "GMT"};
}

TEST(Poller, TheVendorsDateShowsThatOurClockIsAYearAhead) {
  Life life;
  constexpr Duration year = 365 * 24h;
  life.now.wall = noon + year;
  Duration ahead = year;
  life.world = [&](const http::Request& request) {
    http::Response response = life.log.answer(request);
    response.headers.push_back(date_of(life.now.wall - ahead));
    return response;
  };
  life.start();
  life.live(1min);
  EXPECT_EQ(life.times_said("clock_skew"), 1u);
  life.log.add("a", life.now.wall - ahead);
  life.live(1min);
  EXPECT_THAT(life.published, ElementsAre("a"));
  EXPECT_LE(life.cursor().watermark, life.now.wall - ahead);
  life.log.add("b", life.now.wall - ahead - 1min);
  life.live(1min);
  life.now.wall -= year;
  ahead = 0s;
  life.log.add("c", life.now.wall - 30s);
  life.live(1min);
  life.start();
  life.log.add("d", life.now.wall - 30s);
  life.live(1min);
  EXPECT_THAT(life.published, ElementsAre("a", "b", "c", "d"));
}

// As a cache in between sends it along, for ever.
TEST(Poller, ADateThatStandsStillPublishesNoPastAndHoldsUpNothing) {
  for (const char* date : {"Fri, 20 Nov 2026 07:00:00 GMT", "Fri, 20 Nov 1976 12:00:00 GMT"}) {
    SCOPED_TRACE(date);
    Life life;
    life.log.add("before-it-began", noon - 4h);
    life.world = [&](const http::Request& request) {
      http::Response response = life.log.answer(request);
      response.headers.push_back({"date", date});
      return response;
    };
    life.start();
    life.live(5min);
    const Time added = life.now.wall;
    life.log.add("a", added - 30s);
    life.live(5min);
    EXPECT_THAT(life.published, ElementsAre("a"));
    EXPECT_EQ(life.poller->status(life.now).clock_skew, 0s);
    EXPECT_GE(life.cursor().watermark, added - 30s);
  }
}

TEST(Poller, WhatWasAskedForUnderAWrongClockIsAskedForAgain) {
  Life life;
  life.source.backfill_start_time = noon - 60 * 24h;
  life.source.lanes = 3;
  life.now.wall = noon + 365 * 24h;
  life.start();
  life.step();
  ASSERT_EQ(life.sent.size(), 3u);
  http::Response response = empty_page;
  response.headers.push_back(date_of(noon));
  life.respond(response);  // the first header is far off: nobody can tell yet
  life.pass(10s);
  life.step();
  ASSERT_EQ(life.sent.size(), 3u);
  response = empty_page;
  response.headers.push_back(date_of(noon + 10s));
  life.respond(response);
  life.commit_all();
  EXPECT_EQ(life.cursor().floor.time, *life.source.backfill_start_time)
      << "an answer to a question from the vendor's future says nothing";
  life.sent.clear();
  life.step();
  ASSERT_EQ(life.sent.size(), 3u);
  for (int i = 0; i < 3; ++i) life.respond(response);
  life.commit_all();
  EXPECT_GT(life.cursor().floor.time, *life.source.backfill_start_time);
}

TEST(Poller, WhatWasPlannedUnderTheRightClockAndAskedForUnderAWrongOneIsAskedForAgain) {
  Life life;
  life.source.backfill_start_time = noon - 60 * 24h;
  life.source.lanes = 1;
  life.now.wall = noon - 2h;
  life.start();
  http::Response response = empty_page;
  response.headers.push_back(date_of(noon));
  life.step_and_respond(response);  // far off: it is asked once more
  life.pass(10s);
  life.now.wall += 365 * 24h;
  life.step();
  ASSERT_EQ(life.sent.size(), 1u);
  response = empty_page;
  response.headers.push_back(date_of(noon + 10s));
  life.respond(response);
  life.commit_all();
  EXPECT_EQ(life.cursor().floor.time, *life.source.backfill_start_time);
  life.step_and_respond(response);
  life.commit_all();
  EXPECT_GT(life.cursor().floor.time, *life.source.backfill_start_time);
}

TEST(Poller, ARefusalNeedsNoSecondLookAtTheClock) {
  Life life;
  life.now.wall = noon + 365 * 24h;
  life.start();
  http::Response response = answer_with(503);
  response.headers.push_back(date_of(noon));
  life.step_and_respond(response);
  EXPECT_EQ(life.state(), "retrying");
}

TEST(Poller, AStepOfOurClockCountsBeforeTheNextAnswerTellsOfIt) {
  for (const Duration step : {Duration{6h}, -Duration{6h}}) {
    Life life;
    life.start();
    http::Response response = empty_page;
    response.headers.push_back(date_of(life.now.wall));
    life.step_and_respond(response);
    life.commit_units();
    life.pass(1min);
    life.now.wall += step;
    EXPECT_EQ(life.poller->status(life.now).clock_skew, step);
    life.step();
    EXPECT_EQ(asked(life.sent.at(0).request).to, std::nullopt) << "no window up to a time that never was";
  }
}

TEST(Poller, ASkewOfTheDateHeadersRoundingIsNone) {
  Life life;
  life.start();
  http::Response response = empty_page;
  response.headers.push_back(date_of(life.now.wall - 1s));
  life.step_and_respond(response);
  EXPECT_EQ(life.poller->status(life.now).clock_skew, 0s);
  EXPECT_EQ(life.times_said("clock_skew"), 0u);
}

TEST(Poller, TheWatermarkKeepsUpWithASlowClock) {
  Life life;
  life.world = [&](const http::Request& request) {
    http::Response response = life.log.answer(request);
    response.headers.push_back(date_of(life.now.wall + 2h));
    return response;
  };
  life.start();
  life.live(1min);
  life.log.add("an-hour-ago", life.now.wall + 1h);
  life.live(1min);
  EXPECT_THAT(life.published, ElementsAre("an-hour-ago"));
  EXPECT_GE(life.cursor().watermark, life.now.wall - 1min);
  EXPECT_LE(life.cursor().watermark, life.now.wall);
}

TEST(Poller, AStallThatEndsBetweenTwoPagesOfALiveWindowLosesNothing) {
  for (const std::size_t events_max : {100, 2}) {  // the second reading may be overfull, too
    Life life;
    life.source.page_size = 2;
    life.options.reading.events_max = events_max;
    life.start();
    for (int i = 1; i <= 3; ++i) life.log.add("known-" + std::to_string(i), noon + i * 1min);
    life.pass(4min);
    life.live(1min);
    ASSERT_THAT(life.published, SizeIs(3));
    life.live(2h);
    bool released = false;
    life.world = [&](const http::Request& request) {
      if (released || asked(request).token.empty()) return life.log.answer(request);
      // The vendor's order is its own: of what comes in now only the newest lies on the pages that are left.
      released = true;
      for (int i = 0; i < 8; ++i) life.log.add("held-back-" + std::to_string(i), noon + 30min + i * 1min);
      life.log.add("newest", noon + 2h);
      return answer_with(200, event_line("newest", noon + 2h));
    };
    life.live(3min);
    EXPECT_TRUE(released);
    EXPECT_THAT(life.published, SizeIs(3 + 1 + 8)) << events_max;
    EXPECT_EQ(life.poller->status(life.now).cursor.floor.time, noon + 2h - life.source.overlap);
  }
}

// Three events on two pages have been published.
struct TwoPages : Life {
  TwoPages() {
    source.page_size = 2;
    start();
    for (int i = 1; i <= 3; ++i) log.add("known-" + std::to_string(i), noon + i * 1min);
    pass(4min);
    live(1min);
  }
};

// After a restart the hours of a long stall are asked for one by one.
TEST(Poller, AStallThatEndsBetweenTwoPagesOfAClosedWindowLosesNothing) {
  TwoPages life;
  ASSERT_THAT(life.published, SizeIs(3));
  life.live(2h);
  life.start();
  bool released = false;
  life.world = [&](const http::Request& request) {
    if (released || asked(request).token.empty() || !asked(request).to) return life.log.answer(request);
    released = true;
    for (int i = 0; i < 8; ++i) life.log.add("held-back-" + std::to_string(i), noon + 20min + i * 1min);
    life.log.add("last", noon + 50min);
    return answer_with(200, event_line("last", noon + 50min));
  };
  life.live(3min);
  EXPECT_TRUE(released);
  EXPECT_THAT(life.published, SizeIs(3 + 1 + 8));
}

TEST(Poller, WhatATornReadingMissedIsFoundAfterARestartInSeveralWindows) {
  TwoPages life;
  life.live(5h);
  life.world = [&](const http::Request& request) {
    if (asked(request).token.empty()) return life.log.answer(request);
    return answer_with(200, event_line("newest", noon + 5h));
  };
  life.poll();
  life.pass(life.source.poll_interval);
  life.poll();
  ASSERT_THAT(life.published, Contains("newest"));
  // It is killed before it reads again; its windows are an hour wide at first.
  life.log.add("held-back", noon + 3h);
  life.log.add("newest", noon + 5h);
  life.world = [&](const http::Request& request) { return life.log.answer(request); };
  life.start();
  life.live(2min);
  EXPECT_THAT(life.published, Contains("held-back"));
}

TEST(Poller, AGapThatHoldsMoreThanTheVendorAnswersAtOnceIsCoveredInPieces) {
  Life life;
  life.start();
  life.log.add("before", noon + 1min);
  life.pass(2min);
  life.live(1min);
  life.pass(20h);  // so that the window after the first one is closed, too
  life.start();
  bool found_empty = false;
  life.world = [&](const http::Request& request) {
    const Asked range = asked(request);
    const auto rows = std::ranges::count_if(life.log.rows, [&](const Log::Row& row) {
      return *row.time >= range.from && (!range.to || *row.time <= *range.to);
    });
    const http::Response answer = rows > 10 ? answer_with(504) : life.log.answer(request);
    if (!found_empty) {
      // The first of the quiet hours; now the ingest goes on.
      found_empty = true;
      for (int i = 0; i < 40; ++i) life.log.add("late-" + std::to_string(i), noon + 10min + i * 1min);
    }
    return answer;
  };
  life.live(2h);
  EXPECT_THAT(life.published, SizeIs(41));
}

TEST(Poller, AVendorWhoseIngestStallsForTwoHoursLosesNothing) {
  for (const bool restart : {false, true}) {
    Life life;
    life.start();
    life.log.add("before", noon);
    life.live(5min);
    const Time stalled = life.now.wall;
    life.live(1h);
    if (restart) life.start();
    life.live(1h);
    std::vector<std::string> all{"before"};
    for (int i = 0; i < 120; ++i) {
      all.push_back("s" + std::to_string(100 + i));
      life.log.add(all.back(), stalled + i * 1min);
    }
    if (restart) life.start();
    life.live(5min);
    EXPECT_EQ(life.published, all) << restart;
  }
}

// The vendor is down for hours; an event from just before became visible only while it was down.
TEST(Poller, WhatCameLateJustBeforeAnOutageIsFoundAfterIt) {
  Life life;
  life.start();
  life.live(1h);
  const Time outage = life.now.wall;
  const auto healthy = life.world;
  life.world = [](const http::Request&) { return answer_with(502); };
  life.live(5h);
  life.log.add("late", outage - 2min);
  life.log.add("during", outage + 4h + 50min);
  life.world = healthy;
  life.live(5min);
  EXPECT_THAT(life.published, ElementsAre("late", "during"));
}

TEST(Poller, ALongPollIntervalKeepsTheOverlap) {
  Life life;
  life.source.poll_interval = 3h;
  life.start();
  life.live(1h);
  life.log.add("late", noon - 0min);
  life.log.add("newer", noon + 3h - 1min);
  life.live(6h);
  EXPECT_THAT(life.published, UnorderedElementsAre("late", "newer"));
}

// A vendor that compares hidden fractions of a second shows less of a bound's second than it prints.
TEST(Poller, BoundsThatSeeHiddenFractionsLoseNothing) {
  Life life;
  const Time since = noon - 10 * 24h;
  life.source.backfill_start_time = since;
  std::vector<std::string> all;
  for (int i = 0; i < 4000; ++i) {
    all.push_back("e" + std::to_string(10'000 + i));
    life.log.add(all.back(), since + 10min + i * 3600ms / 4);
  }
  const std::vector<Log::Row> hidden = life.log.rows;
  life.world = [&](const http::Request& request) {
    const Asked range = asked(request);
    std::string body;
    for (const Log::Row& row : hidden) {  // exclusive at both ends, in hidden microseconds
      if (*row.time > range.from && (!range.to || *row.time < *range.to)) {
        body += event_line(row.id, floor_second(*row.time));
      }
    }
    return answer_with(200, body);
  };
  life.options.target.events = 30;
  life.start();
  life.poll();
  EXPECT_EQ(life.sorted(), all);
}

// --- the vendor is odd

// Whoever reads the cursor learns of it, whichever instance it asks; one record when it begins, one when it
// ends.
TEST(Poller, ARefusalIsWrittenIntoTheCursorUntilAReadingSucceeds) {
  Life life;
  life.start();
  life.live(1min);
  life.world = [](const http::Request&) { return answer_with(401); };
  life.live(31s);
  EXPECT_TRUE(life.poller->urgent());
  life.commit(life.poller->take_progress(life.now).value_or(Unit{}));
  ASSERT_TRUE(life.cursor().last_error);
  EXPECT_EQ(life.cursor().last_error->status, 401);
  EXPECT_THAT(life.cursor().last_error->text, HasSubstr("; "));
  life.live(1h);
  EXPECT_FALSE(life.poller->has_progress()) << "the same again is no news";

  life.start();
  EXPECT_EQ(life.cursor().last_error->status, 401) << "also for the next owner";
  life.world = [&life](const http::Request& request) { return life.log.answer(request); };
  life.live(10min);
  EXPECT_TRUE(life.poller->urgent());
  life.commit(life.poller->take_progress(life.now).value_or(Unit{}));
  EXPECT_FALSE(life.cursor().last_error);
  EXPECT_FALSE(life.poller->urgent());
}

TEST(Poller, ARefusalSaysWhatWasBeingReadAndWhatTheVendorCallsTheRequest) {
  for (const int status : {401, 500}) {
    Life life;
    life.start();
    life.live(1min);
    life.world = [status](const http::Request&) {
      return answer_with(status, "{}", {{"x-request-id", "req-7"}});
    };
    life.live(2min);
    ASSERT_FALSE(life.said.empty());
    EXPECT_THAT(life.said.front().window, HasSubstr("Z/")) << status;
    EXPECT_EQ(life.said.front().request_id, "req-7") << status;
  }
}

TEST(Poller, WhatPassesByItselfIsNotWorthARecord) {
  for (const int status : {429, 500, 504, 200}) {
    Life life;
    life.start();
    life.live(1min);
    const auto healthy = life.world;
    life.world = [status](const http::Request&) { return answer_with(status, "malformed"); };
    life.pass(life.poller->wake_at() - life.now.steady);
    life.poll();
    EXPECT_NE(life.state(), "resting") << status;
    life.said.clear();
    life.world = healthy;
    life.live(2min);
    EXPECT_FALSE(life.poller->has_progress()) << status;
    EXPECT_FALSE(life.cursor().last_error) << status;
    EXPECT_EQ(life.state(), "resting") << status;
  }
}

// Whoever looks at another instance must not be told that all is well.
TEST(Poller, WhatOutlastsTheGraceIsAFailureWhateverItIs) {
  for (const int status : {500, 502, 429}) {
    Life life;
    life.start();
    life.live(1min);
    life.world = [status](const http::Request&) { return answer_with(status); };
    life.live(1min);
    EXPECT_NE(life.state(), "failing") << status;
    ASSERT_TRUE(life.poller->urgent()) << "others are told that it is tried again";
    life.commit(*life.poller->take_progress(life.now));
    ASSERT_TRUE(life.cursor().last_error) << status;
    EXPECT_EQ(life.cursor().last_error->state,
              status == 429 ? LastError::State::throttled : LastError::State::retrying);
    life.live(3min);
    EXPECT_EQ(life.state(), "failing") << status;
    ASSERT_TRUE(life.poller->urgent());
    life.commit(*life.poller->take_progress(life.now));
    EXPECT_EQ(life.cursor().last_error->state, LastError::State::failed) << status;
    EXPECT_GT(life.poller->status(life.now).attempts, 3);
    const auto of_level = [&](Level level) {
      return std::ranges::count_if(life.said, [level](const Notice& say) { return say.level == level; });
    };
    EXPECT_EQ(of_level(Level::info), 1) << "the first attempt that fails";
    EXPECT_GE(of_level(Level::warn), 1) << "what outlasts the grace";
    EXPECT_EQ(of_level(Level::error), 0) << "nobody has to do anything";
    life.world = [&](const http::Request& request) { return life.log.answer(request); };
    life.live(2min);
    EXPECT_EQ(life.times_said("recovered"), 1u);
    life.commit(*life.poller->take_progress(life.now));
    EXPECT_FALSE(life.cursor().last_error) << status;
  }
}

TEST(Poller, TheVendorsOwnWordIsGivenItsTime) {
  Life life;
  life.start();
  life.live(1min);
  life.world = [](const http::Request&) { return answer_with(429, "", {{"retry-after", "600s"}}); };
  life.live(9min);
  EXPECT_EQ(life.state(), "throttled");
  life.live(3min);
  EXPECT_EQ(life.state(), "failing") << "asked again after that, and refused again";
}

TEST(Poller, AFailureIsInheritedUntilAnAttemptSucceeds) {
  Life life;
  life.start();
  life.world = [](const http::Request&) { return answer_with(503); };
  life.live(5min);
  life.commit(*life.poller->take_progress(life.now));
  const std::optional<Time> since = life.poller->status(life.now).failing_since;
  life.start();
  EXPECT_EQ(life.state(), "failing");
  EXPECT_EQ(life.poller->status(life.now).failing_since, since);
  life.world = [&](const http::Request& request) { return life.log.answer(request); };
  life.live(1min);
  EXPECT_EQ(life.state(), "resting");
}

TEST(Poller, AWindowThatFailsFiveTimesIsTriedSmaller) {
  Life life;
  life.source.backfill_start_time = noon - Duration{24h * 40};
  life.start();
  // 502 is all that this vendor says of a window of more than six hours.
  life.world = [&](const http::Request& request) {
    const Asked range = asked(request);
    const Time to = range.to.value_or(life.now.wall);
    return to - range.from > 6h ? answer_with(502) : life.log.answer(request);
  };
  life.log.add("old", noon - Duration{24h * 39});
  life.log.add("new", noon - 1h);
  life.live(24h);
  EXPECT_THAT(life.published, ElementsAre("old", "new"));
}

TEST(Poller, ALiveWindowThatFailsFiveTimesIsReadInPiecesForAWhile) {
  Life life;
  life.start();
  life.live(1h);
  int pieces = 0;
  bool slow = true;
  life.world = [&](const http::Request& request) {
    const Asked range = asked(request);
    if (range.to) ++pieces;
    const Time to = range.to.value_or(life.now.wall);
    return slow && to - range.from > 5min ? answer_with(502) : life.log.answer(request);
  };
  life.log.add("a", life.now.wall + 30s);
  life.live(20min);
  EXPECT_THAT(life.published, ElementsAre("a"));
  EXPECT_GT(pieces, 0);
  // It was an outage: from some poll on the window is whole again.
  slow = false;
  life.live(1h);
  pieces = 0;
  life.log.add("b", life.now.wall + 30s);
  life.live(1h);
  EXPECT_EQ(pieces, 0);
  EXPECT_THAT(life.published, ElementsAre("a", "b"));
}

TEST(Poller, APageThatIsMalformedMovesNothing) {
  Life life;
  life.start();
  const Cursor before = life.cursor();
  for (int i = 0; i < 20; ++i) {
    life.step_and_respond(answer_with(200, "malformed"));
    life.pass(6min);
  }
  EXPECT_EQ(life.commit_units(), 0u);
  life.commit(life.poller->take_progress(life.now).value_or(Unit{}));
  EXPECT_EQ(life.cursor().watermark, before.watermark);
  EXPECT_EQ(life.cursor().floor, before.floor);
  EXPECT_EQ(life.state(), "failing");
  EXPECT_EQ(life.poller->status(life.now).error_status, 200);
  EXPECT_THAT(life.dead, IsEmpty());
}

TEST(Poller, AnEventWithoutATimeIsDeadLetteredOnce) {
  Life life;
  life.start();
  life.log.add("good", noon + 1s);
  life.log.add("bad", std::nullopt);
  life.pass(2s);
  life.live(10min);
  life.start();
  life.live(96h);
  life.start();
  life.live(1h);
  EXPECT_THAT(life.published, ElementsAre("good"));
  EXPECT_THAT(life.dead, ElementsAre("bad unreadable_time"));
}

TEST(Poller, PagingThatNeverEndsFailsThePoll) {
  Life life;
  life.start();
  const Cursor before = life.cursor();
  int requests = 0;
  life.world = [&](const http::Request&) {
    ++requests;
    return answer_with(200, event_line("a", noon + 1s) + "next again\n");
  };
  life.pass(5s);
  life.poll();
  EXPECT_EQ(requests, 2);
  EXPECT_THAT(life.published, IsEmpty());
  EXPECT_EQ(life.cursor().watermark, before.watermark);
  EXPECT_EQ(life.state(), "retrying");
  EXPECT_EQ(life.times_said("malformed"), 1u);
  life.live(10s);
  EXPECT_EQ(life.state(), "failing") << "twice in a row";
  EXPECT_EQ(life.said.back().level, Level::error);
}

// --- trouble

TEST(Poller, RetryAfterIsHonouredUpToFifteenMinutes) {
  for (const auto& [header, least, most] :
       {std::tuple{"0s", 1s, 2s}, {"30s", 30s, 30s}, {"3h", 900s, 900s}, {"", 1s, 2s}}) {
    Life life;
    life.start();
    http::Response response = answer_with(429);
    if (*header != '\0') response.headers.push_back({"retry-after", header});
    life.step_and_respond(response);
    ASSERT_THAT(life.silences, SizeIs(1));
    EXPECT_GE(life.silences[0], least) << header;
    EXPECT_LE(life.silences[0], most) << header;
    EXPECT_EQ(life.state(), "throttled");
    EXPECT_EQ(life.poller->asks_at(), life.now.steady + life.silences[0]);
    life.step();
    EXPECT_THAT(life.sent, IsEmpty());
    life.pass(most);
    life.step();
    EXPECT_THAT(life.sent, SizeIs(1));
    life.respond(empty_page);
    life.commit_units();
    EXPECT_EQ(life.state(), "resting");
  }
}

TEST(Poller, AThrottledRequestIsRepeatedAsItWas) {
  Life life;
  life.start();
  life.step_and_respond(answer_with(200, event_line("a", noon) + "next 17\n"));
  life.step();
  const std::string url = life.sent.at(0).request.url;
  life.respond(answer_with(429));
  life.pass(2s);
  life.step();
  EXPECT_EQ(life.sent.at(0).request.url, url);
  EXPECT_EQ(asked(life.sent.at(0).request).token, "17");
}

TEST(Poller, PatienceGrowsWithTransientTrouble) {
  Life life;
  life.start();
  Duration last = 0s;
  for (int i = 0; i < 4; ++i) {
    life.step_and_respond(answer_with(503));
    const Duration wait = life.poller->asks_at() - life.now.steady;
    EXPECT_GT(wait, last);
    last = wait;
    life.pass(wait);
  }
  life.step_and_respond(answer_with(503));
  EXPECT_EQ(life.state(), "retrying");
  for (int i = 0; i < 100; ++i) {
    life.pass(life.poller->asks_at() - life.now.steady);
    life.step_and_respond(answer_with(503));
  }
  EXPECT_EQ(life.state(), "failing");
  EXPECT_LE(life.poller->asks_at() - life.now.steady, 75s);
}

class Refused : public ::testing::TestWithParam<int> {};

TEST_P(Refused, ACredentialIsTriedAtMostOnceAMinute) {
  Life life;
  life.start();
  int requests = 0;
  life.world = [&](const http::Request&) {
    ++requests;
    return answer_with(GetParam());
  };
  Steady last = life.now.steady - 1h;
  const auto inner = life.world;
  life.world = [&](const http::Request& request) {
    EXPECT_GE(life.now.steady - last, 60s);
    last = life.now.steady;
    return inner(request);
  };
  life.live(2h);
  EXPECT_GE(requests, 18);
  EXPECT_EQ(life.state(), "failing");
  EXPECT_EQ(life.poller->status(life.now).error_status, GetParam());
  EXPECT_LE(life.said.size(), 8u) << "said at a falling rate";
  life.world = [&](const http::Request& request) { return life.log.answer(request); };
  life.live(10min);
  EXPECT_EQ(life.times_said("recovered"), 1u);
  EXPECT_EQ(life.state(), "resting");
}
INSTANTIATE_TEST_SUITE_P(Statuses, Refused, ::testing::Values(401, 403, 404));

TEST(Poller, TroubleIsSaidAtOnceThenAtAFallingRateThenThatItIsOver) {
  Life life;
  life.start();
  const auto healthy = life.world;
  life.world = [](const http::Request&) { return answer_with(500); };
  std::vector<Duration> said_at;
  const Steady start = life.now.steady;
  for (Duration time = 0s; time < 10h; time += 30s) {
    const std::size_t before = life.times_said("transient");
    life.live(30s);
    if (life.times_said("transient") > before) said_at.push_back(life.now.steady - start);
  }
  EXPECT_GE(said_at.size(), 10u);
  EXPECT_LE(said_at.size(), 18u);
  for (std::size_t i = 2; i < said_at.size(); ++i) {
    EXPECT_LE(said_at[i] - said_at[i - 1], 62min);
    EXPECT_GE(said_at[i] - said_at[i - 1] + 2min, said_at[i - 1] - said_at[i - 2]);
  }
  life.world = healthy;
  life.live(2min);
  EXPECT_EQ(life.times_said("recovered"), 1u);
  life.world = [](const http::Request&) { return answer_with(500); };
  life.said.clear();
  life.live(1min);
  EXPECT_EQ(life.times_said("transient"), 1u) << "news again";
}

TEST(Poller, TellsHowEachReadingEnded) {
  Life life;
  life.start();
  life.log.add("a", noon);
  life.live(59s);
  ASSERT_THAT(life.polls, SizeIs(2));
  EXPECT_FALSE(life.polls[0].refused);
  EXPECT_EQ(life.polls[0].known, 0u);
  EXPECT_EQ(life.polls[1].known, 1u) << "the overlap is read again";
  life.polls.clear();
  life.world = [](const http::Request&) { return answer_with(404); };
  life.live(30s);
  ASSERT_THAT(life.polls, SizeIs(1));
  EXPECT_EQ(life.polls[0].refused, RefusalKind::not_found);
}

TEST(Poller, AnotherTroubleIsNews) {
  Life life;
  life.start();
  life.step_and_respond(answer_with(500));
  life.pass(2s);
  life.step_and_respond(answer_with(429));
  EXPECT_EQ(life.times_said("transient"), 1u);
  EXPECT_EQ(life.times_said("throttled"), 1u);
}

TEST(Poller, AFirewallsPageIsTransientTwiceAndARefusalThen) {
  Life life;
  life.start();
  for (int i = 0; i < 2; ++i) {
    life.step_and_respond(answer_with(403, "<html>"));
    EXPECT_LT(life.poller->wake_at() - life.now.steady, 10s);
    life.pass(10s);
  }
  life.step_and_respond(answer_with(403, "<html>"));
  EXPECT_GE(life.poller->wake_at() - life.now.steady, 60s);
  EXPECT_EQ(life.state(), "failing");
}

TEST(Poller, ASecretThatCanNotBeReadIsTroubleWithoutARequest) {
  Life life;
  life.start();
  life.secrets.error = "api_key: the file is gone";
  life.step();
  ASSERT_THAT(life.polls, SizeIs(1));
  EXPECT_EQ(life.polls[0].refused, RefusalKind::unauthorized);
  EXPECT_THAT(life.sent, IsEmpty());
  EXPECT_THAT(life.poller->status(life.now).error, HasSubstr("the file is gone"));
  EXPECT_GT(life.poller->wake_at(), life.now.steady);
  life.secrets.error.clear();
  life.pass(10s);
  life.step();
  EXPECT_THAT(life.sent, SizeIs(1));
}

// --- tokens

TEST(Poller, AFreshTokenComesFirstAndIsRenewedBeforeItEnds) {
  Life life;
  life.vendor.with_token = true;
  int tokens = 0, refused = 0;
  Time born = noon;
  life.world = [&](const http::Request& request) {
    if (asks_for_token(request)) {
      born = life.now.wall;
      return answer_with(200, "token" + std::to_string(++tokens));
    }
    EXPECT_EQ(bearer(request), "token" + std::to_string(tokens));
    if (life.now.wall >= born + 1h) ++refused;
    return life.log.answer(request);
  };
  life.start();
  life.live(10h);
  EXPECT_EQ(refused, 0);
  EXPECT_GE(tokens, 10);
  EXPECT_LE(tokens, 12);
}

TEST(Poller, ATokenThatNobodyAcceptsIsNotRenewedForEver) {
  Life life;
  life.vendor.with_token = true;
  int tokens = 0, pages = 0;
  life.world = [&](const http::Request& request) {
    if (asks_for_token(request)) return answer_with(200, "token" + std::to_string(++tokens));
    ++pages;
    return answer_with(401);
  };
  life.start();
  life.poll();
  EXPECT_EQ(tokens, 2);
  EXPECT_EQ(pages, 2);
  EXPECT_GE(life.poller->wake_at() - life.now.steady, 60s);
  EXPECT_THAT(life.polls, SizeIs(1)) << "a renewal is no trouble";
  EXPECT_EQ(life.state(), "failing");
}

TEST(Poller, ProbesAgainOnTheNextDay) {
  Life life;
  life.vendor.facts.by_day = true;
  life.vendor.facts.probe = true;
  life.log.totals = true;
  for (int i = 0; i < 300; ++i) life.log.add("old" + std::to_string(i), noon - 1h);
  life.start();
  life.live(15h);
  life.asked_times = 0;
  life.live(10min);
  EXPECT_LE(life.asked_times, 22) << "one request a poll";
}

TEST(Poller, AnEqualTotalOfAnotherRangeIsSomethingNew) {
  Life life;
  life.vendor.facts.by_day = true;
  life.vendor.facts.probe = true;
  life.log.totals = true;
  life.log.add("old", noon - 1h);
  life.start();
  life.live(10min);
  const auto healthy = std::exchange(life.world, [](const http::Request&) { return answer_with(502); });
  life.live(60h);
  life.log.add("new", life.now.wall);
  life.world = healthy;
  life.live(5min);
  EXPECT_THAT(life.published, ElementsAre("new"));
}

// An event that comes between the pages raises the total of the last page: that total must not be taken for
// the total of what was read.
TEST(Poller, ATotalThatGrowsWhileReadingHidesNothing) {
  Life life;
  life.vendor.facts.by_day = true;
  life.vendor.facts.probe = true;
  life.source.page_size = 2;
  life.log.totals = true;
  for (int i = 0; i < 3; ++i) life.log.add("old" + std::to_string(i), noon - 1h);
  life.start();
  life.step();
  life.respond(life.log.answer(life.sent[0].request));
  life.pass(1s);
  life.log.add("between", noon + 1s);
  life.step();
  life.respond(life.log.answer(life.sent[0].request));
  life.commit_units();
  life.live(2min);
  EXPECT_THAT(life.published, ElementsAre("between"));
}

// The total tells what the vendor has, not what has been published: where only a part of a reading was taken
// (a broker refused a record, and transactions are small for a while) the rest must be read again.
TEST(Poller, AKnownTotalDoesNotHideWhatWasLeftForTheNextUnit) {
  Life life;
  life.vendor.facts.by_day = true;
  life.vendor.facts.probe = true;
  life.log.totals = true;
  life.start();
  for (int i = 0; i < 3; ++i) life.log.add("new" + std::to_string(i), noon + std::chrono::seconds(i));
  life.pass(1min);
  life.step();
  life.respond(life.log.answer(life.sent[0].request));
  life.commit_units(1);
  EXPECT_THAT(life.published, ElementsAre("new0"));
  life.live(1min);
  EXPECT_THAT(life.published, ElementsAre("new0", "new1", "new2"));
}

TEST(Poller, AFailingTokenExchangeIsRepeatedPatientlyHoweverManyLanesWait) {
  Life life;
  life.vendor.with_token = true;
  life.source.lanes = 4;
  life.source.backfill_start_time = noon - 30 * 24h;
  std::vector<Steady> asked_at;
  life.world = [&](const http::Request& request) {
    EXPECT_TRUE(asks_for_token(request));
    asked_at.push_back(life.now.steady);
    return answer_with(503);
  };
  life.start();
  life.live(1min);
  ASSERT_GE(asked_at.size(), 5u);
  for (std::size_t i = 1; i < asked_at.size(); ++i) EXPECT_GE(asked_at[i] - asked_at[i - 1], 1s) << i;
}

}  // namespace
}  // namespace auditstream::core
