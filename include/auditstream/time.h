// Points in time and durations, in microseconds UTC, and the formats in which vendors and people write them.
// Knows no clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "auditstream/result.h"

namespace auditstream {

using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;
using namespace std::chrono_literals;

// Monotonic time: for timers and rate limits, which must not jump when the wall clock is set.
using Steady = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// The moment of a decision, read from the clocks once and passed down.
struct Now {
  Time wall;
  Steady steady;
};

// RFC 3339 with a zone ("2024-01-01T00:00:00Z", "...+05:00"), with any number of fraction digits (truncated
// to microseconds). For text written by people: a missing zone, a bare date or an impossible day is an error
// that says so.
Result<Time> parse_rfc3339(std::string_view text);

// The formats seen in vendors' events: RFC 3339 with 'T' or a space, fraction of any length, zone "Z", "UTC",
// " UTC" or a numeric offset with or without a colon. Nothing if the text has none of these. Second 60 counts
// as 59.
std::optional<Time> parse_event_time(std::string_view text);

// "2026-11-20T12:00:00Z"; a fraction only if there is one, with 3 digits if they suffice, else 6; but never
// fewer than `digits_min`, which is 0, 3 or 6.
std::string format_rfc3339(Time time, int digits_min = 0);

// "2026-11-20": the UTC day.
std::string format_day(Time time);

Time floor_second(Time time);
Time floor_day(Time time);

// "200ms", "30s", "5m", "1h", "7d". A number without a unit is an error. Never negative.
Result<Duration> parse_duration(std::string_view text);
// The shortest exact form: "30s", "1500ms", "10m".
std::string format_duration(Duration duration);
// For people, to about two digits: "850 us", "2.4 s", "3 min 20 s", "5 h 3 min", "12 d 4 h".
std::string readable_duration(Duration duration);

// RFC 9110 HTTP-date, e.g. "Sun, 06 Nov 1994 08:49:37 GMT" (the IMF form only).
std::optional<Time> parse_http_date(std::string_view text);

}  // namespace auditstream
