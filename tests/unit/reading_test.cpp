// One window, page by page: what is kept, what is known, and when it is complete.
#include "core/reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "unit/poller_life.h"

namespace auditstream::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Step = Reading::Step;

constexpr Window hour{noon, noon + 1h};
const Time until = noon + 2h;

Ledger given_ledger() {
  Source source;
  source.name = "acme";
  return {source, noon - 1h, noon};
}

// A page of events, each "ID@SECONDS after noon" with a raw event of 100 bytes, or "ID@-" without a time.
Page page(const std::vector<std::string>& rows, std::string next = "",
          std::optional<std::uint64_t> total = {}) {
  auto body = std::make_shared<std::string>(100 * rows.size(), 'x');
  Page page;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t at = rows[i].find('@');
    const std::string seconds = rows[i].substr(at + 1);
    Event event;
    event.id = rows[i].substr(0, at);
    if (seconds != "-") event.time = noon + std::chrono::seconds(std::stol(seconds));
    event.raw = std::string_view(*body).substr(i * 100, 100);
    event.body = body;
    page.events.push_back(std::move(event));
  }
  page.next = std::move(next);
  page.total = total;
  return page;
}

std::vector<std::string> ids(const std::vector<Event>& events) {
  std::vector<std::string> ids;
  for (const Event& event : events) ids.push_back(event.id);
  return ids;
}

TEST(Reading, KeepsWhatLiesInTheWindowInOrder) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, false, until);
  EXPECT_EQ(reading.add(page({"c@3600", "b@3599", "z@7", "a@7"}, "2"), ledger), Step::next_page);
  EXPECT_EQ(reading.token(), "2");
  EXPECT_EQ(reading.add(page({"first@0", "before@-1"}), ledger), Step::complete);
  EXPECT_THAT(ids(reading.events()), ElementsAre("first", "a", "z", "b"));
  EXPECT_EQ(reading.rows(), 6u);
  EXPECT_EQ(reading.inside(), 4u);
}

TEST(Reading, WithoutAnEndTheFutureIsInside) {
  Ledger ledger = given_ledger();
  Reading reading({noon, std::nullopt}, {}, false, until);
  reading.add(page({"future@7200"}), ledger);
  EXPECT_THAT(ids(reading.events()), ElementsAre("future"));
}

TEST(Reading, DropsWhatIsOut) {
  Ledger ledger = given_ledger();
  ledger.publish({noon + 5s, "known"}, hash64("known"));
  Reading reading({noon - 2h, noon + 1h}, {}, false, until);
  EXPECT_EQ(reading.add(page({"known@5", "floor@-3600", "new@-3599"}), ledger), Step::complete);
  EXPECT_THAT(ids(reading.events()),
              ElementsAre("floor", "new"));  // the floor's id is "", so "floor" lies above
  EXPECT_EQ(reading.known(), 1u);
}

TEST(Reading, ARowThatShiftsToTheNextPageCountsOnce) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, false, until);
  reading.add(page({"d@4", "c@3"}, "2"), ledger);
  reading.add(page({"c@3", "b@2"}), ledger);
  EXPECT_THAT(ids(reading.events()), ElementsAre("b", "c", "d"));
}

TEST(Reading, ATokenThatLeadsBackIsEndless) {
  Ledger ledger = given_ledger();
  Reading same(hour, {}, false, until);
  EXPECT_EQ(same.add(page({"a@1"}, "2"), ledger), Step::next_page);
  EXPECT_EQ(same.add(page({"b@1"}, "2"), ledger), Step::endless);
  Reading circle(hour, {}, false, until);
  for (const char* token : {"2", "3", "4"}) {
    EXPECT_EQ(circle.add(page({"a@1"}, token), ledger), Step::next_page);
  }
  EXPECT_EQ(circle.add(page({"a@1"}, "2"), ledger), Step::endless);
}

// Whether a vendor ends that way or means "come back" is unknown: it is asked twice.
TEST(Reading, AnEmptyPageThatLeadsToItselfTwiceIsTheEnd) {
  Ledger ledger = given_ledger();
  Reading ends(hour, {}, false, until);
  EXPECT_EQ(ends.add(page({"a@1"}, "2"), ledger), Step::next_page);
  EXPECT_EQ(ends.add(page({}, "2"), ledger), Step::next_page);
  EXPECT_EQ(ends.token(), "2");
  EXPECT_EQ(ends.add(page({}, "2"), ledger), Step::complete);
  EXPECT_THAT(ids(ends.events()), ElementsAre("a"));
  Reading goes_on(hour, {}, false, until);
  EXPECT_EQ(goes_on.add(page({"a@1"}, "2"), ledger), Step::next_page);
  EXPECT_EQ(goes_on.add(page({}, "2"), ledger), Step::next_page);
  EXPECT_EQ(goes_on.add(page({"b@2"}, "3"), ledger), Step::next_page);
  EXPECT_EQ(goes_on.add(page({}, "3"), ledger), Step::next_page);
  EXPECT_EQ(goes_on.add(page({"c@3"}), ledger), Step::complete);
  EXPECT_THAT(ids(goes_on.events()), ElementsAre("a", "b", "c"));
}

TEST(Reading, EmptyPagesThatLeadOnAreFollowedButNotForEver) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, false, until);
  std::size_t token = 0;
  const auto next = [&token] { return std::to_string(++token); };
  for (std::size_t i = 0; i < Reading::empty_pages_max; ++i) {
    ASSERT_EQ(reading.add(page({}, next()), ledger), Step::next_page);
  }
  EXPECT_EQ(reading.add(page({"a@1"}, next()), ledger), Step::next_page);
  for (std::size_t i = 0; i < Reading::empty_pages_max; ++i) {
    ASSERT_EQ(reading.add(page({}, next()), ledger), Step::next_page);
  }
  EXPECT_EQ(reading.add(page({}, next()), ledger), Step::endless);
}

TEST(Reading, MissingRowsAreReadAgain) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, true, until);
  reading.add(page({"a@1", "b@2"}, "2", 4), ledger);
  EXPECT_EQ(reading.add(page({"b@2"}, "", 4), ledger), Step::read_again);
  EXPECT_EQ(reading.token(), "");
  reading.add(page({"a@1", "b@2"}, "2", 4), ledger);
  EXPECT_EQ(reading.add(page({"c@3", "d@4"}, "", 4), ledger), Step::complete);
  EXPECT_FALSE(reading.rows_missing());
  EXPECT_THAT(ids(reading.events()), ElementsAre("a", "b", "c", "d"));
}

TEST(Reading, TheSameCountTwiceIsTheVendorsLastWord) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, true, until);
  EXPECT_EQ(reading.add(page({"a@1"}, "", 2), ledger), Step::read_again);
  EXPECT_EQ(reading.add(page({"a@1"}, "", 2), ledger), Step::complete);
  EXPECT_TRUE(reading.rows_missing());
  EXPECT_THAT(ids(reading.events()), ElementsAre("a"));
}

TEST(Reading, AGapThatWasThereBeforeIsNotReadTwiceInALiveWindow) {
  Ledger ledger = given_ledger();
  for (const bool live : {true, false}) {
    Reading reading(live ? Window{hour.from, std::nullopt} : hour, {}, true, until);
    reading.expect_shortfall(1);
    EXPECT_EQ(reading.add(page({"a@1"}, "", 2), ledger),
              live ? Reading::Step::complete : Reading::Step::read_again);
  }
  Reading wider(Window{hour.from, std::nullopt}, {}, true, until);
  wider.expect_shortfall(1);
  EXPECT_EQ(wider.add(page({"a@1"}, "", 3), ledger), Reading::Step::read_again) << "another row is missing";
}

TEST(Reading, RowsThatCameWhileReadingBelongToTheNextPoll) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, true, until);
  reading.add(page({"b@2"}, "2", 2), ledger);
  EXPECT_EQ(reading.add(page({"a@1"}, "", 3), ledger), Step::complete);
  EXPECT_FALSE(reading.rows_missing());
}

TEST(Reading, AnInexactTotalIsNoMeasure) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, false, until);
  EXPECT_EQ(reading.add(page({"a@1"}, "", 500), ledger), Step::complete);
  EXPECT_FALSE(reading.rows_missing());
}

// The earliest stay, whatever the order of the pages, and the cut is the first that was dropped.
TEST(Reading, AnOverfullWindowKeepsTheEarliest) {
  for (const bool newest_first : {false, true}) {
    Ledger ledger = given_ledger();
    Reading reading(hour, {.events_max = 10, .bytes_max = 1 << 20}, false, until);
    for (int p = 0; p < 10; ++p) {
      std::vector<std::string> rows;
      for (int i = 0; i < 10; ++i) {
        const int second = newest_first ? 99 - (10 * p + i) : 10 * p + i;
        rows.push_back("e" + std::to_string(second) + "@" + std::to_string(second));
      }
      reading.add(page(rows, p < 9 ? std::to_string(p) : ""), ledger);
      EXPECT_LE(reading.bytes(), 100u * 23);
    }
    EXPECT_THAT(ids(reading.events()),
                ElementsAre("e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9"));
    EXPECT_EQ(reading.cut(), (Position{noon + 10s, "e10"}));
    EXPECT_EQ(reading.inside(), 100u);
  }
}

TEST(Reading, WhatIsOutTakesNoRoom) {
  Ledger ledger = given_ledger();
  std::vector<std::string> rows;
  for (int i = 0; i < 100; ++i) {
    const std::string id = "e" + std::to_string(100 + i);
    rows.push_back(id + "@5");
    if (i < 90) ledger.publish({noon + 5s, id}, hash64(id));
  }
  Reading reading(hour, {.events_max = 10, .bytes_max = 1 << 20}, false, until);
  EXPECT_EQ(reading.add(page(rows), ledger), Step::complete);
  EXPECT_EQ(reading.events().size(), 10u);
  EXPECT_FALSE(reading.cut());
}

TEST(Reading, BytesAreBoundedToo) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {.events_max = 1000, .bytes_max = 1000}, false, until);
  for (int p = 0; p < 20; ++p) {
    const std::string second = std::to_string(p);
    reading.add(page({"a" + second + "@" + second, "b" + second + "@" + second}, p < 19 ? second : ""),
                ledger);
    EXPECT_LE(reading.bytes(), 1000u);
  }
  ASSERT_TRUE(reading.cut());
  ASSERT_THAT(reading.events(), ::testing::Not(IsEmpty()));
  EXPECT_LT(reading.events().back().position(), *reading.cut());
  EXPECT_EQ(ids(reading.events()).front(), "a0");
}

TEST(Reading, AnEventLargerThanTheLimitStillMakesProgress) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {.events_max = 1000, .bytes_max = 50}, false, until);
  reading.add(page({"a@1", "b@2"}), ledger);
  EXPECT_THAT(ids(reading.events()), ElementsAre("a"));
  EXPECT_EQ(reading.cut(), (Position{noon + 2s, "b"}));
}

TEST(Reading, AFewNewEventsDoNotHoldTheirWholePage) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, false, until);
  Page mostly_outside = page({"in@1", "out@9999", "out2@9999", "out3@9999"});
  mostly_outside.events[0].raw = "the very bytes";
  const std::weak_ptr<const std::string> body = mostly_outside.events[0].body;
  reading.add(std::move(mostly_outside), ledger);
  EXPECT_TRUE(body.expired());
  EXPECT_EQ(reading.events().at(0).raw, "the very bytes");
}

// --- memory: whatever a vendor sends, it is counted, and nothing that matters grows without end

// A page of a body of so many bytes, of which each event has 100.
Page large_page(const std::vector<std::string>& rows, std::size_t bytes, std::string next) {
  Page large = page(rows, std::move(next));
  auto body = std::make_shared<std::string>(bytes, 'x');
  for (std::size_t i = 0; i < large.events.size(); ++i) {
    large.events[i].raw = std::string_view(*body).substr(i * 100, 100);
    large.events[i].body = body;
  }
  return large;
}

TEST(Reading, ATimelessEventDoesNotHoldItsPage) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, false, until);
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    Page large = large_page({"bad" + number + "@-"}, 1 << 20, number);
    const std::weak_ptr<const std::string> body = large.events[0].body;
    EXPECT_EQ(reading.add(std::move(large), ledger), Step::next_page);
    EXPECT_TRUE(body.expired());
  }
  EXPECT_EQ(reading.unreadable().size(), 100u);
  EXPECT_LT(reading.held(), 64u << 10);
}

TEST(Reading, TimelessEventsAreBounded) {
  Ledger ledger = given_ledger();
  for (const ReadingLimits limits : {ReadingLimits{10, 1 << 20}, ReadingLimits{1000, 1000}}) {
    Reading reading(hour, limits, false, until);
    reading.add(page({"good@1"}, "first"), ledger);
    for (int i = 0; i < 100; ++i) {
      // Shown over and over again it counts once.
      const std::string number = std::to_string(i);
      reading.add(page({"bad" + number + "@-", "bad0@-", "good" + number + "@2"}, number), ledger);
      EXPECT_LE(reading.unreadable().size(), 12u);
      EXPECT_LT(reading.held(), 32u << 10);
    }
    EXPECT_EQ(reading.add(page({}), ledger), Step::complete);
    EXPECT_EQ(reading.unreadable().size(), 10u);
    EXPECT_THAT(reading.events(), IsEmpty());
    EXPECT_EQ(reading.cut(), (Position{noon, ""})) << "all of the window has to be read again";
  }
}

TEST(Reading, WhatIsLeftOfManyPagesAfterACutDoesNotHoldThem) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {.events_max = 20, .bytes_max = 64 << 20}, false, until);
  for (int i = 0; i < 40; ++i) {
    // One early event in each, and others that fill more than half of the page and will be cut off.
    std::vector<std::string> rows{"early" + std::to_string(i) + "@1"};
    for (int late = 0; late < 9; ++late)
      rows.push_back("late" + std::to_string(i) + "-" + std::to_string(late) + "@" +
                     std::to_string(1000 - i));
    reading.add(large_page(rows, 1500, std::to_string(i)), ledger);
    EXPECT_LE(reading.held(), 2 * reading.bytes() + (64u << 10));
  }
  EXPECT_LT(reading.bytes(), 26u * 100);
  EXPECT_LT(reading.held(), 26u * 1500) << "bodies of forty pages would be 60,000";
}

TEST(Reading, RowsThatAreNotKeptTakeNoRoomWhereNobodyCountsThem) {
  Ledger ledger = given_ledger();
  Reading counted(hour, {.events_max = 10, .bytes_max = 8000}, true, until);
  Reading uncounted(hour, {.events_max = 10, .bytes_max = 8000}, false, until);
  for (int p = 0; p < 100; ++p) {
    std::vector<std::string> rows;
    for (int i = 0; i < 100; ++i) rows.push_back("out" + std::to_string(100 * p + i) + "@9999");
    const std::string next = p < 99 ? std::to_string(p) : "";
    // Beyond what can be counted no total is a measure.
    EXPECT_EQ(counted.add(page(rows, next, 7), ledger), p < 99 ? Step::next_page : Step::complete);
    uncounted.add(page(rows, next, 7), ledger);
    EXPECT_LT(counted.held(), 32u << 10);
    EXPECT_LT(uncounted.held(), 8u << 10);
  }
  EXPECT_FALSE(counted.rows_missing());
}

TEST(Reading, TokensAsLongAsPagesAreNotKept) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, false, until);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(reading.add(page({}, std::string(1 << 20, 'x') + std::to_string(i)), ledger), Step::next_page);
  }
  EXPECT_LT(reading.held(), 16u << 10);
  EXPECT_EQ(reading.add(page({"a@1"}, std::string(1 << 20, 'x') + "7"), ledger), Step::endless);
}

TEST(Reading, WhatHappenedStaysWithAnEventThatLeavesItsPage) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {.events_max = 1, .bytes_max = 64 << 20}, false, until);
  Page large = large_page({"early@1", "late@2", "later@3", "latest@4"}, 1 << 20, "");
  auto body = std::make_shared<std::string>(*large.events[0].body);
  body->replace(10, 5, "Login");
  large.events[0].body = body;
  large.events[0].raw = std::string_view(*body).substr(0, 100);
  large.events[0].action_at = 10;
  large.events[0].action_size = 5;
  reading.add(std::move(large), ledger);
  ASSERT_EQ(reading.events().size(), 1u);
  ASSERT_NE(reading.events()[0].body, body) << "it has a body of its own";
  EXPECT_EQ(reading.events()[0].action(), "Login");
}

TEST(Reading, LongActorsCount) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, false, until);
  Page with_actor = page({"a@1"});
  with_actor.events[0].actor.assign(1 << 20, 'a');
  reading.add(std::move(with_actor), ledger);
  EXPECT_GT(reading.held(), 1u << 20);
}

TEST(Reading, LongIdsCount) {
  Ledger ledger = given_ledger();
  Reading reading(hour, {}, false, until);
  reading.add(page({std::string(1 << 20, 'i') + "@1", std::string(1 << 20, 'j') + "@-"}), ledger);
  EXPECT_GT(reading.held(), 2u << 20);
}

TEST(Reading, TimelessEventsAreSetAsideOnce) {
  Ledger ledger = given_ledger();
  ledger.dead_letter({hash64("known")}, until);
  Reading reading(hour, {}, false, until);
  reading.add(page({"bad@-", "known@-", "good@1"}, "2"), ledger);
  reading.add(page({"bad@-"}), ledger);
  EXPECT_THAT(ids(reading.unreadable()), ElementsAre("bad"));
  EXPECT_THAT(ids(reading.events()), ElementsAre("good"));
}

}  // namespace
}  // namespace auditstream::core
