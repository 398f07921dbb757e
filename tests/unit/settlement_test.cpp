// What a window that was read to its end says, line by line. It is noon, the overlap is ten minutes, and
// everything before noon of the day before is history.
#include "core/settlement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/hash.h"
#include "core/planner.h"

namespace auditstream::core {
namespace {

using Next = Settlement::Next;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr Time noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;

struct Expected {
  Time watermark;
  Position floor;
  Next next;
  Time from{};
};

struct Line {
  const char* what;
  // The cursor before.
  Time watermark;
  Position floor;
  WindowRead read;
  Expected expected;
  std::optional<Time> unsettled_from{};
};

Event event(const std::string& id, std::optional<Time> time) {
  Event event;
  event.id = id;
  event.time = time;
  return event;
}

WindowRead closed(Time from, Time to) { return {{from, to}, false, false, false, {}, {}, {}}; }
WindowRead live(Time from) { return {{from, std::nullopt}, true, false, false, {}, {}, {}}; }
WindowRead with_event(WindowRead read, Time time) {
  read.events.push_back(event("e", time));
  return read;
}
WindowRead cut_at(WindowRead read, Time time) {
  read.cut = Position{time, "c"};
  return read;
}
WindowRead in_pages(WindowRead read) {
  read.several_pages = true;
  return read;
}

const Time days_ago = noon - 72h;

std::vector<Line> history() {
  return {
      {"an empty window moves both to its end",
       days_ago,
       {days_ago, ""},
       closed(days_ago, days_ago + 1h),
       {days_ago + 1h, {days_ago + 1h, ""}, Next::onwards}},
      {"so does one with events",
       days_ago,
       {days_ago, ""},
       with_event(closed(days_ago, days_ago + 1h), days_ago + 30min),
       {days_ago + 1h, {days_ago + 1h, ""}, Next::onwards}},
      {"the last moment of history is history",
       noon - 25h,
       {noon - 25h, ""},
       closed(noon - 25h, noon - 24h),
       {noon - 24h, {noon - 24h, ""}, Next::onwards}},
      {"what did not fit in is read next, from the last event that did",
       days_ago,
       {days_ago, ""},
       cut_at(with_event(closed(days_ago, days_ago + 1h), days_ago + 20min), days_ago + 21min),
       {days_ago + 20min, {days_ago + 20min, "e"}, Next::rest_of_window, days_ago + 20min}},
      {"where nothing new fitted in, from where the cursor is",
       days_ago,
       {days_ago + 5min, "f"},
       cut_at(closed(days_ago, days_ago + 1h), days_ago + 21min),
       {days_ago, {days_ago + 5min, "f"}, Next::rest_of_window, days_ago + 5min}},
      {"but never from before the window",
       days_ago,
       {days_ago - 1h, ""},
       cut_at(closed(days_ago, days_ago + 1h), days_ago + 21min),
       {days_ago, {days_ago - 10min, ""}, Next::rest_of_window, days_ago}},
      {"a window that is read again moves nothing back",
       noon - 1h,
       {noon - 70min, ""},
       closed(days_ago, days_ago + 1h),
       {noon - 1h, {noon - 70min, ""}, Next::onwards}},
  };
}

std::vector<Line> near_to_now() {
  return {
      {"an event moves the watermark, and the floor follows at the overlap",
       noon - 2h,
       {noon - 130min, ""},
       with_event(closed(noon - 130min, noon - 1h), noon - 65min),
       {noon - 65min, {noon - 75min, ""}, Next::onwards_proven}},
      {"an empty end longer than the overlap is a gap: its part is read once more",
       noon - 2h,
       {noon - 130min, ""},
       with_event(closed(noon - 130min, noon - 1h), noon - 90min),
       {noon - 90min, {noon - 100min, ""}, Next::gap}},
      {"an end as long as the overlap is none",
       noon - 2h,
       {noon - 130min, ""},
       with_event(closed(noon - 130min, noon - 1h), noon - 70min),
       {noon - 70min, {noon - 80min, ""}, Next::onwards_proven}},
      {"an empty window proves nothing",
       noon - 2h,
       {noon - 130min, ""},
       closed(noon - 130min, noon - 1h),
       {noon - 2h, {noon - 130min, ""}, Next::gap}},
      {"but what has become history meanwhile",
       noon - 30h,
       {noon - 30h, ""},
       closed(noon - 30h, noon - 20h),
       {noon - 24h, {noon - 24h - 10min, ""}, Next::gap}},
      {"a watermark ahead of the window leaves what lies between to be read",
       noon - 5min,
       {noon - 3h, ""},
       closed(noon - 3h, noon - 1h),
       {noon - 5min, {noon - 1h, ""}, Next::onwards_proven}},
      {"what did not fit in leaves the floor to the overlap",
       noon - 2h,
       {noon - 130min, ""},
       cut_at(with_event(closed(noon - 130min, noon - 1h), noon - 100min), noon - 99min),
       {noon - 100min, {noon - 110min, ""}, Next::rest_of_window, noon - 100min}},
      {"a watermark ahead of what did not fit in leaves that to be read",
       noon - 5min,
       {noon - 3h, ""},
       cut_at(with_event(closed(noon - 3h, noon - 1h), noon - 121min), noon - 2h),
       {noon - 5min, {noon - 2h, ""}, Next::rest_of_window, noon - 121min}},
      {"the floor rises no further than what is not settled",
       noon - 2h,
       {noon - 130min, ""},
       with_event(closed(noon - 130min, noon - 1h), noon - 65min),
       {noon - 65min, {noon - 120min, ""}, Next::onwards_proven},
       noon - 120min},
  };
}

WindowRead read_again(WindowRead read) {
  read.read_before = true;
  return in_pages(std::move(read));
}

// What a stall had held back may have appeared behind the page that was being read when it ended.
std::vector<Line> again() {
  return {
      {"what appears on several pages of what was read before is read once more from where the floor was",
       noon - 2h,
       {noon - 130min, ""},
       read_again(with_event(closed(noon - 130min, noon - 1h), noon - 65min)),
       {noon - 65min, {noon - 130min, ""}, Next::gap}},
      {"until nothing more appears",
       noon - 65min,
       {noon - 130min, ""},
       read_again(closed(noon - 130min, noon - 1h)),
       {noon - 65min, {noon - 75min, ""}, Next::onwards_proven}},
      {"one page is a moment's",
       noon - 2h,
       {noon - 130min, ""},
       [] {
         WindowRead read = read_again(with_event(closed(noon - 130min, noon - 1h), noon - 65min));
         read.several_pages = false;
         return read;
       }(),
       {noon - 65min, {noon - 75min, ""}, Next::onwards_proven}},
      {"history is final all the same",
       days_ago,
       {days_ago, ""},
       read_again(with_event(closed(days_ago, days_ago + 1h), days_ago + 1min)),
       {days_ago + 1h, {days_ago + 1h, ""}, Next::onwards}},
  };
}

std::vector<Line> lives() {
  return {
      {"an event moves the watermark, and the floor follows at the overlap",
       noon - 1h,
       {noon - 70min, ""},
       with_event(live(noon - 70min), noon - 1min),
       {noon - 1min, {noon - 11min, ""}, Next::rest}},
      {"an empty one moves nothing",
       noon - 1h,
       {noon - 70min, ""},
       live(noon - 70min),
       {noon - 1h, {noon - 70min, ""}, Next::rest}},
      {"nor does an event from the future",
       noon - 1h,
       {noon - 70min, ""},
       with_event(live(noon - 70min), noon + 1h),
       {noon - 1h, {noon - 70min, ""}, Next::rest}},
      {"one of several pages vouches for what the one before has shown",
       noon - 1h,
       {noon - 75min, ""},
       in_pages(with_event(live(noon - 75min), noon - 1min)),
       {noon - 1min, {noon - 70min, ""}, Next::rest}},
      {"a day without an event moves the watermark with history",
       noon - 48h,
       {noon - 48h, ""},
       live(noon - 48h),
       {noon - 24h, {noon - 24h - 10min, ""}, Next::rest}},
      {"what did not fit in is read at once",
       noon - 1h,
       {noon - 70min, ""},
       cut_at(with_event(live(noon - 70min), noon - 30min), noon - 29min),
       {noon - 30min, {noon - 40min, ""}, Next::rest_of_window, noon - 30min}},
      {"an event from the future that did not fit in leaves the floor where it is",
       noon - 1h,
       {noon - 70min, ""},
       cut_at(with_event(live(noon - 70min), noon + 1h), noon + 2h),
       {noon - 1h, {noon - 70min, ""}, Next::rest_of_window, noon + 1h}},
      {"it leaves what is not settled above the floor",
       noon - 1h,
       {noon - 70min, ""},
       with_event(live(noon - 70min), noon - 1min),
       {noon - 1min, {noon - 65min, ""}, Next::rest},
       noon - 65min},
  };
}

std::string words(const Expected& expected) {
  return "watermark " + format_rfc3339(expected.watermark) + ", floor " +
         format_rfc3339(expected.floor.time) + " \"" + expected.floor.id + "\", next " +
         std::to_string(static_cast<int>(expected.next)) + " from " + format_rfc3339(expected.from);
}

Ledger ledger_at(Time watermark, Position floor) {
  Ledger ledger(Source{}, std::min(watermark, floor.time), noon);
  ledger.advance(Part::present, watermark, std::move(floor));
  return ledger;
}

Circumstances at_noon(std::optional<Time> unsettled_from = std::nullopt) {
  return {10min, noon, noon, noon - finality_delay, unsettled_from};
}

void expect(const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    const Settlement settlement =
        settle(ledger_at(line.watermark, line.floor), Part::present, line.read, at_noon(line.unsettled_from));
    EXPECT_EQ(words({settlement.watermark, settlement.floor, settlement.next, settlement.from}),
              words(line.expected))
        << line.what;
  }
}

// What the present has seen proves a history final: but only from where it had got to.
TEST(Settlement, AFinalWindowSettlesNothingThatLiesBeforeIt) {
  Circumstances circumstances = at_noon({});
  circumstances.final_until = noon - 30min;
  const Ledger ledger = ledger_at(noon - 2h, {noon - 130min, ""});
  const Settlement behind = settle(ledger, Part::present, closed(noon - 90min, noon - 1h), circumstances);
  EXPECT_EQ(behind.floor, (Position{noon - 130min, ""}));
  EXPECT_EQ(behind.next, Next::gap);
  const Settlement joined = settle(ledger, Part::present, closed(noon - 130min, noon - 1h), circumstances);
  EXPECT_EQ(joined.floor, (Position{noon - 1h, ""}));
  EXPECT_EQ(joined.next, Next::onwards);
}

TEST(Settlement, OfHistory) { expect(history()); }
TEST(Settlement, OfAWindowNearToNow) { expect(near_to_now()); }
TEST(Settlement, OfAWindowThatWasReadBefore) { expect(again()); }
TEST(Settlement, OfTheLiveWindow) { expect(lives()); }

// For whoever reads a range: what ends there is all there is.
TEST(Settlement, OfARangeThatIsReadOnceTakesAllOfItForHistory) {
  Circumstances circumstances = at_noon();
  circumstances.final_until = Time::max();
  const Settlement settlement =
      settle(ledger_at(noon - 1h, {noon - 1h, ""}), Part::present, closed(noon - 1h, noon), circumstances);
  EXPECT_EQ(settlement.watermark, noon);
  EXPECT_EQ(settlement.floor, (Position{noon, ""}));
  EXPECT_EQ(settlement.next, Next::onwards);
}

std::vector<std::string> ids(const std::vector<Event>& events) {
  std::vector<std::string> ids;
  for (const Event& event : events) ids.push_back(event.id);
  return ids;
}

TEST(Settlement, PublishesWhatTheLedgerDoesNotKnow) {
  Ledger ledger = ledger_at(noon - 1h, {noon - 70min, "m"});
  ledger.publish({noon - 60min, "known"}, hash64("known"));
  WindowRead read = live(noon - 70min);
  read.events = {event("a", noon - 70min), event("z", noon - 70min), event("known", noon - 60min),
                 event("new", noon - 1min)};
  EXPECT_THAT(ids(settle(ledger, Part::present, read, at_noon()).events), ElementsAre("z", "new"));
}

TEST(Settlement, TellsHowFarBehindTheWatermarkAnEventAppears) {
  Ledger ledger = ledger_at(noon - 1h, {noon - 70min, "m"});
  ledger.publish({noon - 65min, "known"}, hash64("known"));
  WindowRead read = live(noon - 70min);
  read.events = {event("known", noon - 65min), event("late", noon - 63min), event("new", noon - 1min)};
  EXPECT_EQ(settle(ledger, Part::present, read, at_noon()).lateness, 3min);
  read.events = {event("new", noon - 1min)};
  EXPECT_EQ(settle(ledger, Part::present, read, at_noon()).lateness, 0s);
}

TEST(Settlement, WhatHasNoRoomInTheTransactionIsReadAgain) {
  WindowRead read = closed(days_ago, days_ago + 1h);
  read.events = {event("a", days_ago + 1min), event("b", days_ago + 2min), event("c", days_ago + 3min)};
  Circumstances circumstances = at_noon();
  circumstances.events_max = 2;
  const Settlement settlement =
      settle(ledger_at(days_ago, {days_ago, ""}), Part::present, read, circumstances);
  EXPECT_THAT(ids(settlement.events), ElementsAre("a", "b"));
  EXPECT_EQ(settlement.next, Next::rest_of_window);
  EXPECT_EQ(settlement.from, days_ago + 2min);
  EXPECT_EQ(settlement.watermark, days_ago + 2min) << "what is read again proves nothing yet";
  EXPECT_EQ(settlement.floor, (Position{days_ago + 2min, "b"}));
}

TEST(Settlement, AnEventWithoutATimeIsNewOnceAndRememberedForAsLongAsItMayComeAgain) {
  Ledger ledger = ledger_at(noon - 1h, {noon - 70min, ""});
  ledger.dead_letter({hash64("known")}, noon);
  ledger.dead_letter({hash64("soon forgotten")}, noon - 30h);
  WindowRead read = live(noon - 70min);
  read.undated = {event("known", {}), event("soon forgotten", {}), event("new", {})};
  read.undated_again = {4711};
  read.undated_until = noon;
  const Settlement settlement = settle(ledger, Part::present, read, at_noon());
  EXPECT_THAT(ids(settlement.undated), ElementsAre("new"));
  EXPECT_THAT(settlement.undated_ids, UnorderedElementsAre(4711, hash64("soon forgotten"), hash64("new")));
}

}  // namespace
}  // namespace auditstream::core
