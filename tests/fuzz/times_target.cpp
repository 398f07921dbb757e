// Times, spans and rates as vendors and people write them, several in one input: one in a line.
#include <algorithm>

#include "auditstream/check.h"
#include "auditstream/time.h"
#include "config/rate.h"
#include "fuzz/target.h"
#include "vendor_apis/given.h"
#include "vendor_apis/toolkit.h"

namespace auditstream::fuzz {
namespace {

void expect_round_trip(Time time) {
  const std::string text = format_rfc3339(time);
  const Result<Time> again = parse_rfc3339(text);
  AS_CHECK(again.ok() && *again == time);
  AS_CHECK(parse_event_time(text) == time);
  AS_CHECK(text.starts_with(format_day(time)));
  AS_CHECK(floor_second(time) <= time && floor_day(time) <= floor_second(time));
}

void run_line(std::string_view line) {
  const Result<Time> written = parse_rfc3339(line);
  if (written.ok()) expect_round_trip(*written);
  const std::optional<Time> of_event = parse_event_time(line);
  if (of_event) expect_round_trip(*of_event);
  if (written.ok()) AS_CHECK(of_event == *written);
  const std::optional<Time> date = parse_http_date(line);
  if (date) expect_round_trip(*date);

  if (const Result<Duration> span = parse_duration(line); span.ok()) {
    AS_CHECK(*span >= Duration{0});
    const Result<Duration> again = parse_duration(format_duration(*span));
    AS_CHECK(again.ok() && *again == *span);
  }
  if (const Result<RateSpec> rate = config::parse_rate(line); rate.ok()) {
    AS_CHECK(rate->count > 0 && rate->period > Duration{0});
    const Result<RateSpec> again = config::parse_rate(config::format_rate(*rate));
    AS_CHECK(again.ok() && *again == *rate);
  }
  if (const auto life = vendor_apis::toolkit::whole_seconds(line)) AS_CHECK(*life > Duration{0});
  if (const auto expiry = vendor_apis::toolkit::jwt_expiry(line)) AS_CHECK(*expiry > Time{});

  const std::string now = "Fri, 20 Nov 2026 12:00:00 GMT", value(line);
  for (const auto& [retry_after, sent] :
       {std::pair(value, now), std::pair(now, value), std::pair(value, value)}) {
    const auto wait = vendor_apis::toolkit::retry_after(
        vendor_apis::given_response(429, "", {{"retry-after", retry_after}, {"date", sent}}));
    AS_CHECK(!wait || *wait >= Duration{0});
  }
}

void run(std::string_view input) {
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    run_line(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
}

std::vector<std::string> seeds() {
  std::string many;
  while (many.size() < large_seed) {
    many += "2024-02-29 23:59:59.25 UTC\nSun, 06 Nov 1994 08:49:37 GMT\n90d\n5/s\n14400s\na.e30.c\nx\n";
  }
  return {many,

          "2024-01-01T00:00:00Z\n2024-02-29 23:59:60.123456789 "
          "UTC\n2024-06-30T23:59:59+05:30\n2024-06-30T23:59:59-0700",
          "Sun, 06 Nov 1994 08:49:37 GMT\nFri, 20 Nov 2026 12:00:10 GMT\n120\n0\n-1",
          "200ms\n30s\n5m\n1h\n7d\n86400000000us\n9223372036854775807us",
          "1000/min\n10/s\n1500/h\n1000/6s\n1/7d",
          "14400s\n14400.5\n1e9\na.eyJleHAiOjE4MDAwMDAwMDB9.c",
          "0000-01-01T00:00:00Z\n9999-12-31T23:59:59.999999Z"};
}

}  // namespace

Target times_target() { return {"times", run, seeds}; }

}  // namespace auditstream::fuzz
