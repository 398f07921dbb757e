#include "core/asked_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/poller_life.h"

namespace auditstream::core {
namespace {

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
  EXPECT_EQ(rows_outside(page_of({noon, noon - 1min, noon + 61min}), hour, {}).outside, 0u);
  EXPECT_EQ(rows_outside(page_of({noon - 61s, noon + 1h + 61s, noon}), hour, {}).outside, 2u);
  const Traits by_day{.by_day = true};
  EXPECT_EQ(rows_outside(page_of({noon - 72h, noon + 73h}), hour, by_day).outside, 0u);
  EXPECT_EQ(rows_outside(page_of({noon - 73h, noon + 74h}), hour, by_day).outside, 2u);
}

TEST(AskedRange, WithoutAnEndOnlyItsBeginningCounts) {
  EXPECT_EQ(rows_outside(page_of({noon + 9000h, noon - 2min}), ask(noon, std::nullopt), {}).outside, 1u);
}

TEST(AskedRange, RowsWithoutATimeTellNothing) {
  const RowsOutside rows = rows_outside(page_of({std::nullopt, noon - 1h}), ask(noon, std::nullopt), {});
  EXPECT_EQ(rows.dated, 1u);
  EXPECT_EQ(rows.outside, 1u);
  EXPECT_EQ(rows.example, noon - 1h);
}

TEST(AskedRange, IsRefusedWhenMostOfAPageLiesOutside) {
  Source source;
  source.name = "acme";
  const PageRequest hour = ask(noon, noon + 1h);
  const auto refused = [&](std::size_t outside, std::size_t dated) {
    return refuse_if_mostly_outside({dated, outside, noon - 2h}, hour, source).has_value();
  };
  EXPECT_FALSE(refused(9, 9));
  EXPECT_TRUE(refused(10, 10));
  EXPECT_TRUE(refused(10, 19));
  EXPECT_FALSE(refused(10, 20));
  const std::optional<Refusal> refusal = refuse_if_mostly_outside({100, 90, noon - 2h}, hour, source);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->kind, RefusalKind::malformed);
  EXPECT_EQ(
      refusal->message,
      "the filter does not act on the printed time: 90 of 100 rows of a page lie outside the range that was "
      "asked for, 2026-11-20T12:00:00Z to 2026-11-20T13:00:00Z; one is of 2026-11-20T10:00:00Z");
  EXPECT_THAT(refusal->remedy, HasSubstr("auditstream probe acme"));
  source.time_field = "/updated_at";
  EXPECT_THAT(refuse_if_mostly_outside({100, 90, noon - 2h}, hour, source)->remedy,
              HasSubstr("time_field: \"/updated_at\""));
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
