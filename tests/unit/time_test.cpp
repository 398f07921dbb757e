// Times and spans: every spelling a vendor or a person was seen to write, and what must be refused.
#include "auditstream/time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace auditstream {
namespace {

using ::testing::HasSubstr;

Time at(std::string_view text) {
  const std::optional<Time> time = parse_event_time(text);
  EXPECT_TRUE(time) << text;
  return time.value_or(Time{});
}

TEST(EventTime, AllSpellingsOfOneMomentAreEqual) {
  const Time moment{std::chrono::sys_days(std::chrono::year(2025) / 12 / 18) + 10h + 13min + 40s};
  for (const char* text :
       {"2025-12-18T10:13:40Z", "2025-12-18t10:13:40z", "2025-12-18 10:13:40 UTC", "2025-12-18 10:13:40UTC",
        "2025-12-18 10:13:40Z", "2025-12-18T10:13:40.000Z", "2025-12-18T10:13:40+00:00",
        "2025-12-18T15:13:40+05:00", "2025-12-18T15:43:40+0530", "2025-12-18T02:13:40-08:00",
        "2025-12-18 10:13:40 +0000"}) {
    EXPECT_EQ(at(text), moment) << text;
  }
}

TEST(EventTime, FractionsOfAnyLengthAreCutToMicroseconds) {
  const Time second = at("2024-11-13T15:30:45Z");
  EXPECT_EQ(at("2024-11-13T15:30:45.1Z") - second, 100ms);
  EXPECT_EQ(at("2024-11-13T15:30:45.853Z") - second, 853ms);
  EXPECT_EQ(at("2024-11-13T15:30:45.123456Z") - second, 123456us);
  EXPECT_EQ(at("2024-11-13T15:30:45.123456789Z") - second, 123456us);
  EXPECT_EQ(at("2024-11-13T15:30:45.999999999999999999999Z") - second, 999999us);
}

TEST(EventTime, ALeapSecondCountsAsTheOneBefore) {
  EXPECT_EQ(at("2016-12-31T23:59:60Z"), at("2016-12-31T23:59:59Z"));
}

TEST(EventTime, EverythingElseIsNoTime) {
  for (const char* text :
       {"", "2025-12-18", "2025-12-18T10:13:40", "2025-12-18 10:13:40", "1734516820", "2025-02-30T00:00:00Z",
        "2025-12-18T24:00:00Z", "2025-12-18T10:60:00Z", "2025-12-18T10:13:61Z", "2025-12-18T10:13:40.Z",
        "2025-12-18T10:13:40+5:00", "2025-12-18T10:13:40Zjunk", "2025-12-18T10:13:40  UTC",
        "2025/12/18 10:13:40 UTC", "not a time", "2025-13-01T00:00:00Z", "2025-12-18T10:13:40+24:00"}) {
    EXPECT_FALSE(parse_event_time(text)) << text;
  }
}

// A zone can lead out of the years of four digits: printed, such a time could not be read again, and it is
// printed into the cursor.
TEST(EventTime, WhatCouldNotBePrintedIsNoTime) {
  for (const char* text : {"9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01"}) {
    EXPECT_EQ(parse_event_time(text), std::nullopt) << text;
    EXPECT_THAT(parse_rfc3339(text).error().message, HasSubstr("years 0000 to 9999")) << text;
  }
  for (const char* text : {"9999-12-31T23:59:59.999999Z", "0000-01-01T00:00:00Z"}) {
    EXPECT_EQ(format_rfc3339(at(text)), text);
    EXPECT_EQ(*parse_rfc3339(text), at(text));
  }
}

TEST(Rfc3339, IsWrittenWithAsManyDigitsAsAreWanted) {
  const Time second = at("2026-11-20T12:00:00Z");
  EXPECT_EQ(format_rfc3339(second), "2026-11-20T12:00:00Z");
  EXPECT_EQ(format_rfc3339(second, 3), "2026-11-20T12:00:00.000Z");
  EXPECT_EQ(format_rfc3339(second, 6), "2026-11-20T12:00:00.000000Z");
  EXPECT_EQ(format_rfc3339(second + 7ms, 3), "2026-11-20T12:00:00.007Z");
  EXPECT_EQ(format_rfc3339(second + 7ms, 6), "2026-11-20T12:00:00.007000Z");
  EXPECT_EQ(format_rfc3339(second + 7us, 3), "2026-11-20T12:00:00.000007Z");
}

TEST(Rfc3339, ReadsWhatPeopleWrite) {
  EXPECT_EQ(*parse_rfc3339("2024-01-01T00:00:00Z"), at("2024-01-01T00:00:00Z"));
  EXPECT_EQ(*parse_rfc3339("2024-01-01T05:00:00.25+05:00"), at("2024-01-01T00:00:00.25Z"));
}

TEST(Rfc3339, EachMistakeIsNamed) {
  EXPECT_THAT(parse_rfc3339("2024-01-01").error().message, HasSubstr("no time of day"));
  EXPECT_THAT(parse_rfc3339("2024-01-01T00:00:00").error().message, HasSubstr("no time zone"));
  EXPECT_THAT(parse_rfc3339("2024-01-01T00:00:00+0500").error().message, HasSubstr("+05:00"));
  EXPECT_THAT(parse_rfc3339("2023-02-29T00:00:00Z").error().message, HasSubstr("day that does not exist"));
  EXPECT_THAT(parse_rfc3339("2024-01-01T25:00:00Z").error().message,
              HasSubstr("time of day that does not exist"));
  EXPECT_THAT(parse_rfc3339("yesterday").error().message, HasSubstr("RFC3339"));
  EXPECT_FALSE(parse_rfc3339("").ok());
}

TEST(Rfc3339, PrintingKeepsExactlyTheDigitsThatCount) {
  for (const char* text : {"2026-11-20T12:00:00Z", "2026-11-20T12:00:00.500Z", "2026-11-20T12:00:00.000001Z",
                           "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"}) {
    EXPECT_EQ(format_rfc3339(at(text)), text);
  }
  EXPECT_EQ(format_day(at("2026-11-20T23:59:59.999Z")), "2026-11-20");
  EXPECT_EQ(format_day(at("1969-12-31T23:59:59.999Z")), "1969-12-31");
}

TEST(Floor, GoesDownBeforeTheEpochToo) {
  EXPECT_EQ(floor_second(at("1969-12-31T23:59:58.5Z")), at("1969-12-31T23:59:58Z"));
  EXPECT_EQ(floor_day(at("1969-12-31T23:59:58.5Z")), at("1969-12-31T00:00:00Z"));
}

TEST(Durations, ReadAndPrintTheShortestExactSpelling) {
  const std::pair<const char*, Duration> cases[] = {{"200ms", 200ms}, {"30s", 30s},    {"10m", 10min},
                                                    {"1h", 1h},       {"7d", 24h * 7}, {"1500ms", 1500ms},
                                                    {"90s", 90s},     {"15us", 15us},  {"0s", 0s}};
  for (const auto& [text, duration] : cases) {
    EXPECT_EQ(*parse_duration(text), duration);
    EXPECT_EQ(format_duration(duration), text);
  }
  EXPECT_EQ(format_duration(60s), "1m");
  EXPECT_EQ(format_duration(24h), "1d");
}

TEST(Durations, AreReadable) {
  const std::pair<Duration, const char*> cases[] = {
      {0us, "0 us"},         {850us, "850 us"},
      {1ms, "1 ms"},         {1050us, "1 ms"},
      {2448979us, "2.4 s"},  {10s, "10 s"},
      {12900ms, "12 s"},     {59999999us, "59 s"},
      {60s, "1 min"},        {200s, "3 min 20 s"},
      {3601s, "1 h"},        {5h + 3min, "5 h 3 min"},
      {24h, "1 d"},          {12 * 24h + 4h + 59min, "12 d 4 h"},
      {-2448979us, "-2.4 s"}};
  for (const auto& [duration, text] : cases) EXPECT_EQ(readable_duration(duration), text);
}

TEST(Durations, MistakesAreErrors) {
  EXPECT_THAT(parse_duration("30").error().message, HasSubstr("no unit"));
  for (const char* text :
       {"", "s", "-5s", "1.5h", "5 s", "1h30m", "5weeks", "99999999999999999999s", "999999999999d"}) {
    EXPECT_FALSE(parse_duration(text).ok()) << text;
  }
}

TEST(HttpDate, ReadsTheImfForm) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), at("1994-11-06T08:49:37Z"));
  for (const char* text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 28:49:37 GMT"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

}  // namespace
}  // namespace auditstream
