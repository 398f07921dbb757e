#include "core/asked_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/poller_life.h"

namespace auditstream::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Page page_of(const std::vector<std::optional<Time>>& times) {
  Page page;
  for (const std::optional<Time>& time : times) {
    Event event;
    event.id = "e" + std::to_string(page.events.size());
    event.time = time;
    page.events.push_back(std::move(event));
  }
  return page;
}

PageRequest ask(Time from, std::optional<Time> to) {
  PageRequest ask;
  ask.from = from;
  ask.to = to;
  return ask;
}

TEST(AskedRange, AFilterMayRoundToMinutesOrToDaysIfItTakesDays) {
  const PageRequest hour = ask(noon, noon + 1h);
  EXPECT_EQ(rows_outside(page_of({noon, noon - 1min, noon + 61min}), hour, {}).ids.size(), 0u);
  EXPECT_EQ(rows_outside(page_of({noon - 61s, noon + 1h + 61s, noon}), hour, {}).ids.size(), 2u);
  const Traits by_day{.by_day = true};
  EXPECT_EQ(rows_outside(page_of({noon - 72h, noon + 73h}), hour, by_day).ids.size(), 0u);
  EXPECT_EQ(rows_outside(page_of({noon - 73h, noon + 74h}), hour, by_day).ids.size(), 2u);
}

TEST(AskedRange, WithoutAnEndOnlyItsBeginningCounts) {
  EXPECT_EQ(rows_outside(page_of({noon + 9000h, noon - 2min}), ask(noon, std::nullopt), {}).ids.size(), 1u);
}

TEST(AskedRange, RowsWithoutATimeTellNothing) {
  const RowsOutside rows = rows_outside(page_of({std::nullopt, noon - 1h}), ask(noon, std::nullopt), {});
  EXPECT_EQ(rows.dated, 1u);
  EXPECT_EQ(rows.ids.size(), 1u);
  EXPECT_EQ(rows.example, noon - 1h);
}

RowsOutside rows_with(std::vector<std::uint64_t> outside, std::size_t dated) {
  return {dated, std::move(outside), noon - 2h};
}

Source acme() {
  Source source;
  source.name = "acme";
  return source;
}

TEST(FilterEvidence, IsEnoughWithThreeRowsIfTheyAreMostOfAPage) {
  const PageRequest hour = ask(noon, noon + 1h);
  FilterEvidence quiet;
  EXPECT_FALSE(quiet.judge(rows_with({1}, 1), hour, acme()));
  EXPECT_FALSE(quiet.judge(rows_with({1, 2}, 2), hour, acme()));
  EXPECT_FALSE(quiet.judge(rows_with({1}, 1), hour, acme())) << "each counts once";
  EXPECT_TRUE(quiet.judge(rows_with({3}, 1), hour, acme()));
  FilterEvidence half;
  EXPECT_FALSE(half.judge(rows_with({1, 2, 3}, 6), hour, acme()));
}

TEST(FilterEvidence, IsEnoughWithTenRowsHoweverFewTheyAreOnAPage) {
  const PageRequest hour = ask(noon, noon + 1h);
  FilterEvidence evidence;
  EXPECT_FALSE(evidence.judge(rows_with({1, 2, 3, 4}, 166), hour, acme()));
  EXPECT_FALSE(evidence.judge(rows_with({5, 6, 7, 8}, 166), hour, acme()));
  EXPECT_FALSE(evidence.judge(rows_with({9}, 166), hour, acme()));
  const std::optional<Refusal> refusal = evidence.judge(rows_with({10}, 166), hour, acme());
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->kind, RefusalKind::malformed);
  EXPECT_EQ(
      refusal->message,
      "the filter does not act on the printed time: 1 of 166 rows of a page lie outside the range that was "
      "asked for, 2026-11-20T12:00:00Z to 2026-11-20T13:00:00Z; one is of 2026-11-20T10:00:00Z");
  EXPECT_THAT(refusal->remedy, HasSubstr("auditstream probe acme"));
  Source source = acme();
  source.time_field = "/updated_at";
  EXPECT_THAT(evidence.judge(rows_with({10}, 166), hour, source)->remedy,
              HasSubstr("time_field: \"/updated_at\""));
}

TEST(FilterEvidence, IsOverWhenAPageHasRowsAndNoneOutside) {
  const PageRequest hour = ask(noon, noon + 1h);
  FilterEvidence evidence;
  EXPECT_TRUE(evidence.judge(rows_with({1, 2, 3}, 3), hour, acme()));
  EXPECT_TRUE(evidence.judge(rows_with({}, 0), hour, acme())) << "an empty page tells nothing";
  EXPECT_TRUE(evidence.judge(rows_with({1}, 100), hour, acme()));
  EXPECT_FALSE(evidence.judge(rows_with({}, 1), hour, acme()));
  EXPECT_FALSE(evidence.judge(rows_with({1}, 1), hour, acme()));
  EXPECT_FALSE(evidence.judge(rows_with({}, 0), hour, acme()));
}

// A filter that is not heard: the same rows whatever the range.
class DeafFilter : public Life {
 public:
  explicit DeafFilter(int rows_far_off, int rows_inside) {
    source.backfill_start_time = noon - 1h;
    std::string body;
    for (int i = 0; i < rows_far_off; ++i) body += event_line("far" + std::to_string(i), noon - 30h);
    for (int i = 0; i < rows_inside; ++i) body += event_line("in" + std::to_string(i), noon - 30min);
    world = [body](const http::Request&) { return answer_with(200, body); };
    start();
  }
};

TEST(AskedRange, NothingAdvancesWhereTheFilterDoesNotAct) {
  DeafFilter life(30, 5);
  life.live(3min);
  EXPECT_TRUE(life.published.empty());
  EXPECT_EQ(life.cursor().watermark, noon - 1h);
  EXPECT_EQ(life.cursor().floor.time, noon - 1h);
  EXPECT_THAT(life.poller->status(life.now).error, StartsWith("the filter does not act on the printed time"));
  EXPECT_EQ(life.state(), "failing");
  EXPECT_GE(life.rows_ignored, 60u) << "of each page";
  EXPECT_EQ(life.poller->status(life.now).rows_outside, life.rows_ignored);
}

// A tenant whose few events are all printed hours before the time that the filter acts on.
TEST(AskedRange, AQuietTenantsEventsAreMissed) {
  Life life;
  life.start();
  life.live(3h);
  std::string body;
  for (int i = 0; i < 3; ++i) {
    body += event_line("e" + std::to_string(i), life.now.wall - 4h);
    life.world = [body](const http::Request&) { return answer_with(200, body); };
    life.live(1min);
  }
  EXPECT_EQ(life.state(), "failing");
  life.world = [](const http::Request&) { return answer_with(200, ""); };
  life.live(10min);
  EXPECT_EQ(life.state(), "failing") << "an empty page tells nothing";
  life.log.add("now", life.now.wall);
  life.world = [&](const http::Request& request) { return life.log.answer(request); };
  life.live(10min);
  EXPECT_EQ(life.state(), "resting");
  EXPECT_THAT(life.published, ElementsAre("now"));
}

TEST(AskedRange, AFewOddRowsAreCountedAndSaid) {
  DeafFilter life(3, 5);
  life.live(50s);
  EXPECT_EQ(life.published.size(), 5u);
  EXPECT_GE(life.rows_ignored, 3u);
  EXPECT_EQ(life.times_said("rows_outside"), 1u);
  EXPECT_EQ(life.state(), "resting");
}

}  // namespace
}  // namespace auditstream::core
