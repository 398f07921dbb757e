// What a vendor has against what a topic holds: every way in which they may differ is counted as what it is,
// and a range is cut to what can be compared.
#include "core/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace auditstream::core {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Verdict = Comparison::Verdict;

const Time noon = *parse_rfc3339("2026-11-20T12:00:00Z");
const Range hour{noon, noon + 1h};

Event event_of(const std::string& id, std::optional<Time> time, const std::string& raw = "{}") {
  Event event;
  event.id = id;
  event.time = time;
  event.body = std::make_shared<std::string>(raw);
  event.raw = *event.body;
  return event;
}

// The vendor has these, a minute apart.
Comparison vendor_with(const std::vector<std::string>& ids) {
  Comparison comparison(hour);
  Time time = noon;
  for (const std::string& id : ids) {
    EXPECT_TRUE(comparison.vendor_has(event_of(id, time)));
    time += 1min;
  }
  comparison.end_of_vendor();
  return comparison;
}

TEST(Comparison, IsCleanWhereAllIsThereOnce) {
  Comparison comparison = vendor_with({"b", "a"});
  EXPECT_FALSE(comparison.differences().clean());
  for (const char* id : {"a", "b"}) EXPECT_TRUE(comparison.topic_has(id, noon, "{}"));
  const Differences found = comparison.differences();
  EXPECT_TRUE(found.clean());
  EXPECT_EQ(found.vendor_events, 2u);
  EXPECT_EQ(found.topic_events, 2u);
  EXPECT_EQ(found.matching, 2u);
  EXPECT_EQ(comparison.missing_range(), std::nullopt);
  EXPECT_THAT(comparison.examples(), IsEmpty());
}

TEST(Comparison, TellsEachKindOfFault) {
  Comparison comparison = vendor_with({"fine", "missing", "twice", "thrice", "altered", "dead", "both"});
  comparison.topic_has("fine", noon, "{}");
  for (int i = 0; i < 2; ++i) comparison.topic_has("twice", noon, "{}");
  for (int i = 0; i < 3; ++i) comparison.topic_has("thrice", noon, i == 1 ? "{ }" : "{}");
  comparison.topic_has("altered", noon, "{} ");
  comparison.dead_letters_have("dead", noon);
  comparison.dead_letters_have("both", noon);
  comparison.topic_has("both", noon, "{}");
  EXPECT_TRUE(comparison.topic_has("unknown", noon, "{}"));
  EXPECT_TRUE(comparison.dead_letters_have("unknown-letter", noon));
  const Differences found = comparison.differences();
  EXPECT_FALSE(found.clean());
  EXPECT_EQ(found.vendor_events, 7u);
  EXPECT_EQ(found.topic_events, 9u);
  EXPECT_EQ(found.matching, 3u) << "fine, twice, both";
  EXPECT_EQ(found.missing, 1u);
  EXPECT_EQ(found.duplicated, 3u) << "records beyond the first";
  EXPECT_EQ(found.altered, 2u);
  EXPECT_EQ(found.dead_lettered, 1u);
  EXPECT_EQ(found.unexpected, 2u);
  EXPECT_EQ(found.undated, 0u);
  EXPECT_EQ(comparison.verdict("missing"), Verdict::missing);
  EXPECT_EQ(comparison.verdict("thrice"), Verdict::altered);
  EXPECT_EQ(comparison.verdict("dead"), Verdict::dead_lettered);
  EXPECT_EQ(comparison.verdict("unknown"), Verdict::unknown);
  EXPECT_THAT(comparison.examples().at("duplicated"), ElementsAre("twice", "thrice", "thrice"));
  EXPECT_THAT(comparison.examples().at("altered"), ElementsAre("thrice", "altered"));
  EXPECT_THAT(comparison.examples().at("unexpected"), ElementsAre("unknown", "unknown-letter"));
}

// Each generation of a cursor publishes an event once; set and reset begin another.
TEST(Comparison, WhatAnotherGenerationHasPublishedAgainIsNotDuplicated) {
  Comparison comparison = vendor_with({"once", "again", "later only", "twice in one"});
  comparison.topic_has("once", noon, "{}");
  for (const std::uint64_t generation : {3, 1, 2}) comparison.topic_has("again", noon, "{}", generation);
  comparison.topic_has("later only", noon, "{}", 2);
  for (const std::uint64_t generation : {1, 2, 2})
    comparison.topic_has("twice in one", noon, "{}", generation);
  Differences found = comparison.differences();
  EXPECT_EQ(found.republished, 3u);
  EXPECT_EQ(found.duplicated, 1u);
  EXPECT_EQ(found.matching, 4u);
  EXPECT_EQ(found.topic_events, 8u);
  EXPECT_FALSE(found.clean());
  EXPECT_THAT(comparison.examples().at("duplicated"), ElementsAre("twice in one"));
  // Of the second life of a source only some.
  Comparison clean = vendor_with({"a", "b"});
  for (const std::uint64_t generation : {1, 2}) clean.topic_has("a", noon, "{}", generation);
  clean.topic_has("b", noon, "{}");
  EXPECT_TRUE(clean.differences().clean());
  EXPECT_EQ(clean.differences().republished, 1u);
}

TEST(Comparison, OfMoreGenerationsThanAreToldApartItAccusesRatherThanExcuses) {
  Comparison comparison = vendor_with({"a"});
  for (const std::uint64_t generation : {std::uint64_t{5'000}, std::uint64_t{6'000}, ~std::uint64_t{0}})
    comparison.topic_has("a", noon, "{}", generation);
  EXPECT_EQ(comparison.differences().duplicated, 2u);
}

TEST(Comparison, KeepsToItsRange) {
  Comparison comparison(hour);
  EXPECT_TRUE(comparison.vendor_has(event_of("first", noon)));
  EXPECT_FALSE(comparison.vendor_has(event_of("before", noon - 1us)));
  EXPECT_FALSE(comparison.vendor_has(event_of("after", noon + 1h)));
  comparison.end_of_vendor();
  EXPECT_FALSE(comparison.topic_has("before", noon - 1us, "{}"));
  EXPECT_FALSE(comparison.topic_has("after", noon + 1h, "{}"));
  EXPECT_FALSE(comparison.topic_has("no time", std::nullopt, "{}"));
  EXPECT_FALSE(comparison.dead_letters_have("after", noon + 1h));
  // Its record says another time; it is not lost for that.
  EXPECT_FALSE(comparison.topic_has("first", noon + 2h, "{}"));
  const Differences found = comparison.differences();
  EXPECT_TRUE(found.clean());
  EXPECT_EQ(found.vendor_events, 1u);
  EXPECT_EQ(found.matching, 1u);
}

TEST(Comparison, OfRecordsOutsideTheRangeOnlyThoseOfTheVendorCount) {
  Comparison comparison = vendor_with({"ahead", "letter"});
  comparison.topic_also_has("ahead", "{}");
  comparison.topic_also_has("unknown", "{}");
  comparison.dead_letters_also_have("letter");
  comparison.dead_letters_also_have("unknown");
  const Differences found = comparison.differences();
  EXPECT_TRUE(found.clean());
  EXPECT_EQ(found.unexpected, 0u);
  EXPECT_EQ(found.dead_lettered, 1u);
}

TEST(Comparison, EventsWithoutATimeAreDeadLetteredOrUndated) {
  Comparison comparison(hour);
  EXPECT_FALSE(comparison.vendor_has(event_of("letter", std::nullopt)));
  EXPECT_FALSE(comparison.vendor_has(event_of("nowhere", std::nullopt)));
  comparison.end_of_vendor();
  comparison.dead_letters_have("letter", std::nullopt);
  const Differences found = comparison.differences();
  EXPECT_EQ(found.vendor_events, 2u);
  EXPECT_EQ(found.dead_lettered, 1u);
  EXPECT_EQ(found.undated, 1u);
  EXPECT_EQ(found.missing, 0u);
  EXPECT_EQ(comparison.missing_range(), std::nullopt) << "not to be repaired";
}

TEST(Comparison, AnEventThatTheVendorShowsTwiceIsOne) {
  Comparison comparison = vendor_with({"a", "a"});
  comparison.topic_has("a", noon, "{}");
  EXPECT_EQ(comparison.differences().vendor_events, 1u);
  EXPECT_TRUE(comparison.differences().clean());
}

TEST(Comparison, WhatWasRepairedLacksNoMoreAndIsStillSaidToHaveBeenMissing) {
  Comparison comparison = vendor_with({"a", "b", "c"});
  comparison.topic_has("a", noon, "{}");
  EXPECT_EQ(comparison.missing_range(), (Range{noon + 1min, noon + 2min + 1s}));
  EXPECT_TRUE(comparison.lacks("b"));
  EXPECT_FALSE(comparison.lacks("a"));
  EXPECT_FALSE(comparison.lacks("unknown"));
  comparison.repaired("b");
  EXPECT_FALSE(comparison.lacks("b"));
  EXPECT_EQ(comparison.missing_range(), (Range{noon + 2min, noon + 2min + 1s}));
  // The look before the next batch finds our own record.
  comparison.topic_has("b", noon + 1min, "{}");
  EXPECT_EQ(comparison.differences().missing, 2u);
  EXPECT_EQ(comparison.differences().repaired, 1u);
  EXPECT_EQ(comparison.differences().topic_events, 1u) << "as it was found";
  EXPECT_FALSE(comparison.differences().clean());
  // Somebody else was faster.
  comparison.topic_has("c", noon + 2min, "{}");
  EXPECT_FALSE(comparison.lacks("c"));
  EXPECT_TRUE(comparison.differences().clean());
  comparison.topic_has("b", noon + 1min, "{}");
  EXPECT_EQ(comparison.differences().duplicated, 1u);
}

TEST(Comparison, TheMissingRangeEndsWithTheRange) {
  Comparison comparison(Range{noon, noon + 500ms});
  comparison.vendor_has(event_of("a", noon + 400ms));
  comparison.end_of_vendor();
  EXPECT_EQ(comparison.missing_range(), (Range{noon, noon + 500ms}));
}

TEST(Comparison, NamesAFewExamplesHoweverManyThereAre) {
  Comparison comparison = vendor_with({});
  for (int i = 0; i < 100; ++i) comparison.topic_has(std::to_string(i), noon, "{}");
  EXPECT_EQ(comparison.differences().unexpected, 100u);
  EXPECT_THAT(comparison.examples().at("unexpected"), SizeIs(Comparison::examples_max));
}

TEST(Clamp, LeavesWhatIsWithinAllBounds) {
  const Clamped clamped = clamp(hour, {{noon - 1h, "since"}, {noon, "kept"}}, {{noon + 1h, "settled"}});
  EXPECT_EQ(clamped.range, hour);
  EXPECT_THAT(clamped.cuts, IsEmpty());
}

TEST(Clamp, SaysWhichBoundCounts) {
  const Clamped clamped =
      clamp(hour, {{noon + 5min, "since"}, {noon + 10min, "kept"}}, {{noon + 30min, "settled"}});
  EXPECT_EQ(clamped.range, (Range{noon + 10min, noon + 30min}));
  EXPECT_THAT(
      clamped.cuts,
      ElementsAre(AllOf(Field(&Cut::range, Range{noon, noon + 10min}), Field(&Cut::why, "kept")),
                  AllOf(Field(&Cut::range, Range{noon + 30min, noon + 1h}), Field(&Cut::why, "settled"))));
  EXPECT_TRUE(clamp(hour, {{noon + 2h, "since"}}, {}).range.empty());
}

TEST(Clamp, OfARangeThatIsNotLeftCutsNoMoreThanThat) {
  EXPECT_THAT(clamp(hour, {{noon + 2h, "since"}}, {}).cuts, ElementsAre(Field(&Cut::range, hour)));
  EXPECT_THAT(clamp(hour, {}, {{noon - 2h, "settled"}}).cuts, ElementsAre(Field(&Cut::range, hour)));
}

TEST(SettledUntil, IsTheOverlapBehindTheWatermarkButNeverAboveTheFloor) {
  Cursor cursor;
  cursor.watermark = noon;
  cursor.floor = Position{noon, ""};
  EXPECT_EQ(settled_until(cursor, 10min), noon - 10min);
  cursor.floor = Position{noon - 1h, "x"};
  EXPECT_EQ(settled_until(cursor, 10min), noon - 1h);
}

}  // namespace
}  // namespace auditstream::core
