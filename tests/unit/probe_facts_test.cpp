// Each fact as a function of what came.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/facts.h"
#include "probe/lateness.h"
#include "probe/times_within.h"
#include "probe/wire_bounds.h"

namespace auditstream::probe {
namespace {

using ::testing::HasSubstr;

constexpr Time ten{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 10h};

Row row(int id, Duration after_ten) {
  Row row;
  row.id = std::to_string(id);
  row.time = ten + after_ten;
  row.bytes = static_cast<std::uint64_t>(id);
  row.time_at = "/at";
  return row;
}

// Rows 0, 1, ... at these minutes after ten.
std::vector<Row> at_minutes(const std::vector<int>& minutes) {
  std::vector<Row> rows;
  for (const int minute : minutes) rows.push_back(row(static_cast<int>(rows.size()), minute * 1min));
  return rows;
}

WireBounds sent(Duration from, std::optional<Duration> to) {
  WireBounds bounds;
  bounds.lower = WireBound{ten + from};
  if (to) bounds.upper = WireBound{ten + *to};
  return bounds;
}

Answered answered(Duration from, std::optional<Duration> to, std::vector<Row> rows) {
  Answered answer;
  answer.window.from = ten + from;
  if (to) answer.window.to = ten + *to;
  answer.sent = sent(from - 2s, to ? std::optional(*to + 2s) : std::nullopt);
  answer.pages = {rows.size()};
  answer.rows = std::move(rows);
  answer.end = End::last_page;
  answer.date = answer.at = ten + 2h;
  return answer;
}

Answered refused(RefusalKind kind, int status = 0) {
  Answered answer;
  answer.end = End::refused;
  answer.refusal.emplace();
  answer.refusal->kind = kind;
  answer.refusal->status = status;
  answer.refusal->message = "no";
  return answer;
}

TEST(ProbeFacts, ReadableOrWhyNot) {
  EXPECT_EQ(readable(answered(0s, 1h, {})).verdict, Verdict::holds);
  EXPECT_EQ(readable(refused(RefusalKind::malformed, 200)).verdict, Verdict::contradicted);
  for (const RefusalKind kind : {RefusalKind::unauthorized, RefusalKind::forbidden, RefusalKind::not_found,
                                 RefusalKind::transient, RefusalKind::throttled}) {
    EXPECT_EQ(readable(refused(kind, 401)).verdict, Verdict::cant_tell) << "that is no fact of the API";
  }
}

TEST(ProbeFacts, ARefusalAndItsRemedyAreTwoClauses) {
  Answered none = refused(RefusalKind::unauthorized, 401);
  none.refusal->remedy = "Check api_key.";
  EXPECT_EQ(readable(none).seen, "unauthorized (401): no; Check api_key.");
  none.refusal->message = "No.";
  EXPECT_EQ(readable(none).seen, "unauthorized (401): No. Check api_key.");
}

TEST(ProbeFacts, AFilterIsHeardIfNothingComesWhereNothingIs) {
  const std::vector<Row> known = at_minutes({1, 2});
  const Answered none = answered(0s, 1h, {});
  EXPECT_EQ(filter_heard(none, none, known).verdict, Verdict::holds);
  EXPECT_EQ(filter_heard(none, none, {}).verdict, Verdict::cant_tell);
  EXPECT_EQ(filter_heard(answered(0s, 1h, known), none, known).verdict, Verdict::contradicted);
  EXPECT_EQ(filter_heard(none, answered(0s, 1h, known), known).verdict, Verdict::contradicted);
  EXPECT_EQ(filter_heard(none, refused(RefusalKind::transient, 400), known).verdict, Verdict::cant_tell);
}

TEST(ProbeFacts, TheFilterActsOnWhatIsPrinted) {
  const std::vector<Row> known = at_minutes({1, 10, 20, 30, 50});
  const auto narrow = [&](std::vector<Row> rows) { return answered(10min, 31min, std::move(rows)); };
  const auto judged = [&](std::vector<Row> rows) {
    return filter_acts_on_printed_time(known, true, narrow(std::move(rows)));
  };
  EXPECT_EQ(judged({known[1], known[2], known[3]}).verdict, Verdict::holds);
  EXPECT_EQ(judged({known[1], known[3]}).verdict, Verdict::contradicted) << "one is missing";
  EXPECT_EQ(judged({known[0], known[1], known[2], known[3]}).verdict, Verdict::contradicted)
      << "one lies outside";
  EXPECT_EQ(judged({known[1], known[2], known[3], row(9, 25min)}).verdict, Verdict::contradicted)
      << "one is new";
  EXPECT_EQ(judged({known[1], known[2], known[3], row(9, 31min + 2s)}).verdict, Verdict::holds)
      << "more was asked for than the window";
  EXPECT_EQ(filter_acts_on_printed_time({known[1]}, true, narrow({known[1]})).verdict, Verdict::cant_tell)
      << "nothing lies elsewhere";
  EXPECT_EQ(filter_acts_on_printed_time(known, false, narrow({known[1], known[2], known[3]})).verdict,
            Verdict::cant_tell);
}

TEST(ProbeFacts, BoundsAreToldByTheRowsAtThem) {
  const std::vector<Row> known = at_minutes({10, 20, 30});
  const auto seen = [&](std::vector<Row> rows) {
    Answered exact = answered(10min, 30min, std::move(rows));
    exact.sent = sent(10min, 30min);
    return bounds_seen(known, exact, std::nullopt);
  };
  EXPECT_THAT(seen(known).seen, HasSubstr("lower inclusive (1 of 1 rows at it), upper inclusive"));
  EXPECT_THAT(seen({known[1]}).seen, HasSubstr("lower exclusive (0 of 1 rows at it), upper exclusive"));
  EXPECT_THAT(seen({known[0], known[1]}).seen, HasSubstr("upper exclusive"));
  EXPECT_EQ(seen({known[1]}).verdict, Verdict::holds) << "the engine asks for more than it needs";
}

TEST(ProbeFacts, AnOpenEndHasWhatAClosedRangeHas) {
  const std::vector<Row> known = at_minutes({10, 20});
  const Row newer = row(7, 90min);
  EXPECT_EQ(
      open_end_heard(known, answered(0s, std::nullopt, {known[0], known[1], newer}), std::nullopt).verdict,
      Verdict::holds);
  EXPECT_EQ(open_end_heard(known, answered(0s, std::nullopt, {known[0], newer}), std::nullopt).verdict,
            Verdict::contradicted);
  EXPECT_EQ(open_end_heard(known, answered(0s, std::nullopt, known), answered(0s, 24h, {})).verdict,
            Verdict::contradicted);
  EXPECT_EQ(open_end_heard({}, answered(0s, std::nullopt, {newer}), std::nullopt).verdict,
            Verdict::cant_tell);
}

TEST(ProbeFacts, AWideRangeHasWhatItsPartsHave) {
  const auto judged = [](std::uint64_t whole, std::uint64_t newer, std::uint64_t older,
                         std::uint64_t shared = 0) {
    return wide_ranges_are_whole({Width{.width = 24h, .whole = newer}, Width{.width = 8 * 24h,
                                                                             .whole = whole,
                                                                             .parts = newer + older,
                                                                             .older = older,
                                                                             .shared = shared}})
        .verdict;
  };
  EXPECT_EQ(judged(30, 10, 20), Verdict::holds);
  EXPECT_EQ(judged(29, 10, 20), Verdict::contradicted);
  EXPECT_EQ(judged(29, 10, 20, 1), Verdict::holds) << "one was counted twice";
  EXPECT_EQ(judged(31, 10, 20), Verdict::holds) << "the log grows";
  EXPECT_EQ(judged(10, 10, 0), Verdict::cant_tell) << "nothing is older";
  EXPECT_EQ(wide_ranges_are_whole({}).verdict, Verdict::cant_tell);
}

TEST(ProbeFacts, HowFarTheLogGoesBack) {
  const Time now = ten;
  constexpr Duration year = 365 * 24h;
  EXPECT_EQ(reaches_back(year, now - 364 * 24h, std::nullopt, now).verdict, Verdict::holds);
  EXPECT_EQ(reaches_back(year, now - 400 * 24h, std::nullopt, now).verdict, Verdict::contradicted);
  EXPECT_EQ(reaches_back(year, now - 24h, now - 24h, now).verdict, Verdict::cant_tell);
  EXPECT_EQ(reaches_back(std::nullopt, now - 24h, now - 24h, now).verdict, Verdict::holds);
  EXPECT_EQ(reaches_back(year, std::nullopt, std::nullopt, now).verdict, Verdict::cant_tell);
}

TEST(ProbeFacts, PagingIsCompleteAtEachSize) {
  const std::vector<Row> rows = at_minutes({1, 2, 2, 3});
  const auto paged = [&](std::uint32_t size, std::vector<Row> came, std::vector<std::size_t> pages) {
    Paged paged{size, answered(0s, 1h, std::move(came))};
    paged.answered.pages = std::move(pages);
    return paged;
  };
  const Paged whole = paged(100, rows, {4});
  const Fact good = paging_is_complete({whole, paged(2, rows, {2, 2, 0})});
  EXPECT_EQ(good.verdict, Verdict::holds);
  EXPECT_THAT(good.seen, HasSubstr("1 tie across borders"));
  EXPECT_EQ(paging_is_complete({whole, paged(2, {rows[0], rows[1], rows[3]}, {2, 1})}).verdict,
            Verdict::contradicted);
  EXPECT_EQ(paging_is_complete({paged(100, {rows[0]}, {1}), paged(2, rows, {2, 2})}).verdict,
            Verdict::contradicted);
  EXPECT_EQ(paging_is_complete({whole}).verdict, Verdict::cant_tell) << "one page has no border";
  EXPECT_EQ(paging_is_complete({}).verdict, Verdict::cant_tell);

  Paged endless = paged(2, rows, {2, 2, 0, 0, 0, 0, 0, 0});
  endless.answered.end = End::endless;
  EXPECT_EQ(end_is_told({whole, endless}).verdict, Verdict::contradicted);
  EXPECT_EQ(end_is_told({whole}).verdict, Verdict::holds);
  EXPECT_EQ(end_is_told({}).verdict, Verdict::cant_tell);
}

TEST(ProbeFacts, TheSameRangeTwice) {
  const std::vector<Row> rows = at_minutes({1, 2, 3});
  const Answered first = answered(0s, 1h, rows);
  EXPECT_EQ(same_again(first, first).verdict, Verdict::holds);
  EXPECT_THAT(same_again(first, answered(0s, 1h, {rows[2], rows[1], rows[0]})).seen,
              HasSubstr("another order"));
  EXPECT_EQ(same_again(first, answered(0s, 1h, {rows[0], rows[1]})).verdict, Verdict::contradicted);
  const Fact late = same_again(answered(0s, 1h, {rows[0]}), first);
  EXPECT_EQ(late.verdict, Verdict::contradicted);
  EXPECT_THAT(late.remedy, HasSubstr("overlap"));
  std::vector<Row> changed = rows;
  changed[1].bytes = 99;
  EXPECT_EQ(same_again(first, answered(0s, 1h, changed)).verdict, Verdict::contradicted);
  EXPECT_EQ(same_again(answered(0s, 1h, {}), answered(0s, 1h, {})).verdict, Verdict::cant_tell);
}

TEST(ProbeFacts, IdsTimesAndTotals) {
  const std::vector<Row> rows = at_minutes({1, 2, 3});
  Answered good = answered(0s, 1h, rows);
  good.total = 3;
  EXPECT_EQ(ids_are_good({&good, &good}, "/id").verdict, Verdict::holds);
  EXPECT_EQ(times_are_readable({&good}, {"/at"}).verdict, Verdict::holds);
  EXPECT_EQ(total_counts_rows({&good}, true, std::nullopt).verdict, Verdict::holds);
  EXPECT_EQ(total_counts_rows({&good}, false, std::nullopt).verdict, Verdict::cant_tell);
  EXPECT_EQ(ids_are_good({}, "/id").verdict, Verdict::cant_tell);

  Answered bad = good;
  bad.total = 4;
  EXPECT_EQ(total_counts_rows({&bad}, true, std::nullopt).verdict, Verdict::contradicted);
  bad.rows[1].has_id = false;
  EXPECT_THAT(ids_are_good({&bad}, "/id").seen, HasSubstr("1 of 3 rows have no /id"));
  bad.rows[1] = rows[1];
  bad.rows[1].id = rows[0].id;
  EXPECT_EQ(ids_are_good({&bad}, "/id").verdict, Verdict::contradicted)
      << "of another time, so another event";
  bad.rows[1] = rows[0];
  EXPECT_EQ(ids_are_good({&bad}, "/id").verdict, Verdict::holds) << "the same event twice";
  bad.rows[1] = rows[1];
  bad.rows[1].time.reset();
  bad.rows[1].raw = R"({"at":"yesterday","other":"2026-11-20T10:02:00Z"})";
  const Fact undated = times_are_readable({&bad}, {"/at"});
  EXPECT_EQ(undated.verdict, Verdict::contradicted);
  EXPECT_THAT(undated.remedy, HasSubstr("time_field: /other"));

  const OneRow one{good, good, good};
  EXPECT_EQ(total_counts_rows({&good}, true, one).verdict, Verdict::holds);
  OneRow off = one;
  off.one.total = 1;
  EXPECT_EQ(total_counts_rows({&good}, true, off).verdict, Verdict::contradicted);
}

TEST(ProbeFacts, WhereTimesAreIsToldInWords) {
  Answered all = answered(0s, 1h, at_minutes({1, 2}));
  all.rows[1].time_at = "";
  EXPECT_EQ(times_are_readable({&all}, {"/at"}).seen, "2 rows, in the id (1), at /at (1)");
}

TEST(ProbeFacts, PrecisionAndClock) {
  Traits traits;
  Answered seconds = answered(0s, 1h, at_minutes({1, 2}));
  EXPECT_EQ(precision_seen({&seconds}, traits).verdict, Verdict::holds);
  seconds.rows[0].digits = 6;
  EXPECT_EQ(precision_seen({&seconds}, traits).verdict, Verdict::contradicted);
  traits.time_digits = 6;
  seconds.rows[0].digits = 9;
  EXPECT_EQ(precision_seen({&seconds}, traits).verdict, Verdict::holds)
      << "a microsecond is all that is kept";

  EXPECT_EQ(clock_agrees({&seconds}, Duration{0}).verdict, Verdict::holds);
  EXPECT_EQ(clock_agrees({&seconds}, std::nullopt).verdict, Verdict::cant_tell);
  seconds.date = ten - 1h;
  EXPECT_EQ(clock_agrees({&seconds}, Duration{0}).verdict, Verdict::contradicted);
  EXPECT_THAT(clock_agrees({&seconds}, 3h).remedy, HasSubstr("the Date header is behind"));
  seconds.at = *seconds.date;
  EXPECT_THAT(clock_agrees({&seconds}, Duration{0}).remedy, HasSubstr("another zone"));
}

TEST(ProbeFacts, ADamagedCredential) {
  EXPECT_EQ(bad_credential_is_told(std::nullopt, "key").verdict, Verdict::cant_tell);
  EXPECT_EQ(bad_credential_is_told(refused(RefusalKind::unauthorized, 401), "key").verdict, Verdict::holds);
  EXPECT_EQ(bad_credential_is_told(refused(RefusalKind::forbidden, 403), "key").verdict,
            Verdict::contradicted);
  EXPECT_EQ(bad_credential_is_told(refused(RefusalKind::transient), "key").verdict, Verdict::cant_tell);
  EXPECT_EQ(bad_credential_is_told(refused(RefusalKind::transient, 503), "key").verdict, Verdict::cant_tell);
  EXPECT_EQ(bad_credential_is_told(answered(0s, 1h, {}), "key").verdict, Verdict::contradicted);
}

TEST(ProbeDayFacts, AreToldByWhatADayHas) {
  const Time day = floor_day(ten);
  const auto hours = [&](const std::vector<int>& hours) {
    std::vector<Row> rows;
    for (const int hour : hours) {
      rows.push_back(row(hour, 0s));
      rows.back().time = day + hour * 1h;
    }
    return rows;
  };
  const std::vector<Row> known = hours({-20, -10, -2, 1, 5, 9, 14, 20, 23, 26, 30, 40});
  const auto one_day = [&](std::vector<Row> rows) { return answered(0s, 24h, std::move(rows)); };
  const Fact utc = days_seen(known, day, one_day(hours({1, 5, 9, 14, 20, 23})), std::nullopt, true);
  EXPECT_EQ(utc.verdict, Verdict::holds);
  EXPECT_THAT(utc.seen, HasSubstr("UTC fits"));
  const Fact west = days_seen(known, day, one_day(hours({9, 14, 20, 23, 26, 30})), std::nullopt, true);
  EXPECT_EQ(west.verdict, Verdict::holds);
  EXPECT_THAT(west.seen, HasSubstr("UTC doesn't fit"));
  EXPECT_EQ(days_seen(known, day, one_day(hours({23, 26, 30, 40})), std::nullopt, true).verdict,
            Verdict::contradicted)
      << "a day of no zone";
  const std::optional<Answered> after = one_day(hours({1, 5, 9, 14, 20, 23}));
  EXPECT_EQ(days_seen(known, day, one_day({}), after, false).verdict, Verdict::holds);
  EXPECT_EQ(days_seen(known, day, one_day({}), after, true).verdict, Verdict::contradicted);
}

TEST(ProbeLateness, IsMeasuredFromTheSecondLookOn) {
  Watch watch;
  watch.look({row(1, 0s), row(2, 1min)}, ten + 5min);
  watch.look({row(1, 0s), row(2, 1min), row(3, 5min)}, ten + 6min);
  watch.look({row(4, -20min), row(3, 5min)}, ten + 10min);
  const Lateness found = watch.lateness(1h);
  EXPECT_EQ(found.events, 2u);
  EXPECT_EQ(found.p50, 1min);
  EXPECT_EQ(found.max, 30min);
  EXPECT_EQ(found.p99, 30min);
  EXPECT_EQ(found.resolution, 4min);
  EXPECT_EQ(overlap_suffices(found, 10min).verdict, Verdict::contradicted);
  EXPECT_EQ(overlap_suffices(found, 10min).remedy, "overlap: 1h");
  EXPECT_EQ(overlap_suffices(found, 30min).verdict, Verdict::holds);
  EXPECT_EQ(overlap_suffices(Watch().lateness(1h), 10min).verdict, Verdict::cant_tell);
  EXPECT_EQ(overlap_suffices(std::nullopt, 10min).verdict, Verdict::cant_tell);
}

TEST(WireBounds, AreFoundAndReplacedInEveryVendorsSpelling) {
  struct Case {
    const char* url;
    const char* changed;
  };
  const Time lower = ten + 123ms;
  const Time upper = ten + 1h;
  for (
      const auto& [url, changed] : std::vector<Case>{
          {"https://a/b?page=1&after=2026-01-02T03%3A04%3A05Z&before=2026-01-03T00%3A00%3A00Z",
           "https://a/b?page=1&after=2026-11-20T10%3A00%3A00Z&before=2026-11-20T11%3A00%3A00Z"},
          {"https://a/b?from=2026-01-02T03%3A04%3A05.678Z", "https://a/b?from=2026-11-20T10%3A00%3A00.123Z"},
          {"https://a/b?filter%5BstartDate%5D=2026-01-02&filter%5BendDate%5D=2026-01-03",
           "https://a/b?filter%5BstartDate%5D=2026-11-20&filter%5BendDate%5D=2026-11-20"},
          {"https://a/b?f=t%3E%3Ddate%282026-01-02T03%3A04%3A05.678Z%29%20and%20t%3Cdate%282026-01-03T00%3A00%3A00.000Z%29",
           "https://a/b?f=t%3E%3Ddate%282026-11-20T10%3A00%3A00.123Z%29%20and%20t%3Cdate%282026-11-20T11%3A00%3A00.000Z%29"},
          {"https://a/2026-01-02", "https://a/2026-01-02"},
          {"https://a/b?id=2026-99-99", "https://a/b?id=2026-99-99"}}) {
    EXPECT_EQ(with_bounds(url, lower, upper), changed);
    EXPECT_EQ(with_bounds(url, std::nullopt, std::nullopt), url);
  }
  const WireBounds days = wire_bounds("https://a/b?start=2026-01-02&end=2026-01-03");
  ASSERT_TRUE(days.lower && days.upper);
  EXPECT_TRUE(days.lower->day);
  EXPECT_EQ(format_rfc3339(days.upper->time), "2026-01-03T00:00:00Z");
}

}  // namespace
}  // namespace auditstream::probe
