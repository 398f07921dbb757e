// Parses and prints times and durations. Knows no clock and no locale.
#include "auditstream/time.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace auditstream {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes pieces off the front of a text; if one does not match, the text stays as it was.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  // Exactly `count` digits.
  bool number(int count, int& out) {
    if (rest_.size() < static_cast<std::size_t>(count)) return false;
    int value = 0;
    for (int i = 0; i < count; ++i) {
      if (!is_digit(rest_[i])) return false;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    out = value;
    return true;
  }

  // One or more digits of a fraction of a second, cut after the sixth.
  bool fraction(microseconds& out) {
    if (!is_digit(peek())) return false;
    std::int64_t value = 0;
    int kept = 0;
    for (; is_digit(peek()); rest_.remove_prefix(1)) {
      if (kept == 6) continue;
      value = value * 10 + (peek() - '0');
      ++kept;
    }
    for (; kept < 6; ++kept) value *= 10;
    out = microseconds(value);
    return true;
  }

 private:
  std::string_view rest_;
};

struct Clockface {
  int hour = 0, minute = 0, second = 0;
  microseconds fraction{0};

  bool possible() const { return hour <= 23 && minute <= 59 && second <= 60; }
  // A leap second counts as the second before it: the order of events stays the same, and nothing moves into
  // another minute.
  microseconds since_midnight() const {
    return hours(hour) + minutes(minute) + seconds(second == 60 ? 59 : second) + fraction;
  }
};

bool scan_date(Scanner& in, std::chrono::year_month_day& out) {
  int year, month, day;
  if (!in.number(4, year) || !in.take("-") || !in.number(2, month) || !in.take("-") || !in.number(2, day))
    return false;
  out = std::chrono::year(year) / month / day;
  return true;
}

bool scan_clock(Scanner& in, Clockface& out) {
  if (!in.number(2, out.hour) || !in.take(":") || !in.number(2, out.minute) || !in.take(":") ||
      !in.number(2, out.second)) {
    return false;
  }
  return !in.take(".") || in.fraction(out.fraction);
}

// "Z", or an offset such as "+05:00"; if `loose`, also without the colon.
bool scan_zone(Scanner& in, bool loose, minutes& east) {
  if (in.take("Z") || in.take("z") || (loose && in.take("UTC"))) {
    east = minutes(0);
    return true;
  }
  const bool west = in.peek() == '-';
  if (!in.take("+") && !in.take("-")) return false;
  int hour, minute;
  if (!in.number(2, hour) || !(in.take(":") || loose) || !in.number(2, minute)) return false;
  if (hour > 23 || minute > 59) return false;
  east = hours(hour) + minutes(minute);
  if (west) east = -east;
  return true;
}

// A zone may move a time out of the years with four digits; printed, it could not be parsed again.
bool printable(Time time) {
  using namespace std::chrono;
  return time >= Time(sys_days(year(0) / January / 1)) && time < Time(sys_days(year(10'000) / January / 1));
}

// Called for every event, so it does without printf.
void append(std::string& text, char before, std::int64_t number, int digits) {
  text += before;
  const std::size_t end = text.size() + static_cast<std::size_t>(digits);
  text.resize(end);
  for (int digit = 1; digit <= digits; ++digit, number /= 10) {
    text[end - static_cast<std::size_t>(digit)] = static_cast<char>('0' + number % 10);
  }
}

void append_day(std::string& text, Time time) {
  const std::chrono::year_month_day date(std::chrono::floor<days>(time));
  const int year = std::clamp(static_cast<int>(date.year()), 0, 9999);
  append(text, static_cast<char>('0' + year / 1000), year % 1000, 3);
  append(text, '-', static_cast<unsigned>(date.month()), 2);
  append(text, '-', static_cast<unsigned>(date.day()), 2);
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

Error bad_time(std::string_view text, const std::string& why) {
  return Error{quoted(text) + " " + why + ": use RFC3339 such as 2024-01-01T00:00:00Z"};
}

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr std::array<Unit, 6> units{{{"d", days(1)},
                                     {"h", hours(1)},
                                     {"m", minutes(1)},
                                     {"s", seconds(1)},
                                     {"ms", std::chrono::milliseconds(1)},
                                     {"us", microseconds(1)}}};

}  // namespace

Result<Time> parse_rfc3339(std::string_view text) {
  Scanner in(text);
  std::chrono::year_month_day date;
  if (!scan_date(in, date)) return bad_time(text, "is not a time");
  if (in.done()) return bad_time(text, "has no time of day");
  Clockface clock;
  if ((!in.take("T") && !in.take("t") && !in.take(" ")) || !scan_clock(in, clock)) {
    return bad_time(text, "is not a time");
  }
  if (!date.ok()) return bad_time(text, "names a day that does not exist");
  if (!clock.possible() || clock.second == 60)
    return bad_time(text, "names a time of day that does not exist");
  if (in.done()) return bad_time(text, "has no time zone, add Z for UTC or an offset such as +05:00");
  minutes east;
  if (!scan_zone(in, false, east) || !in.done()) {
    return bad_time(text, "has no valid time zone, it is Z for UTC or an offset such as +05:00");
  }
  const Time time(sys_days(date) + clock.since_midnight() - east);
  if (!printable(time)) return bad_time(text, "lies beyond the years 0000 to 9999 in UTC");
  return time;
}

std::optional<Time> parse_event_time(std::string_view text) {
  Scanner in(text);
  std::chrono::year_month_day date;
  Clockface clock;
  minutes east;
  if (!scan_date(in, date) || !date.ok()) return std::nullopt;
  if (!in.take("T") && !in.take("t") && !in.take(" ")) return std::nullopt;
  if (!scan_clock(in, clock) || !clock.possible()) return std::nullopt;
  in.take(" ");
  if (!scan_zone(in, true, east) || !in.done()) return std::nullopt;
  const Time time(sys_days(date) + clock.since_midnight() - east);
  return printable(time) ? std::optional(time) : std::nullopt;
}

std::string format_day(Time time) {
  std::string text;
  append_day(text, time);
  return text;
}

std::string format_rfc3339(Time time, int digits_min) {
  const std::chrono::hh_mm_ss clock(time - std::chrono::floor<days>(time));
  std::string text;
  text.reserve(sizeof "2026-11-20T12:00:00.123456Z");
  append_day(text, time);
  append(text, 'T', clock.hours().count(), 2);
  append(text, ':', clock.minutes().count(), 2);
  append(text, ':', clock.seconds().count(), 2);
  const std::int64_t micros = clock.subseconds().count();
  if (micros % 1000 != 0 || digits_min == 6) {
    append(text, '.', micros, 6);
  } else if (micros != 0 || digits_min == 3) {
    append(text, '.', micros / 1000, 3);
  }
  text += 'Z';
  return text;
}

Time floor_second(Time time) { return std::chrono::floor<seconds>(time); }

Time floor_day(Time time) { return std::chrono::floor<days>(time); }

Result<Duration> parse_duration(std::string_view text) {
  std::size_t digits = 0;
  std::int64_t value = 0;
  const std::string hint = ": use a number and a unit, such as 200ms, 30s, 5m, 1h or 7d";
  for (; digits < text.size() && is_digit(text[digits]); ++digits) {
    if (value > std::numeric_limits<std::int64_t>::max() / 10 - 1)
      return Error{quoted(text) + " is too long" + hint};
    value = value * 10 + (text[digits] - '0');
  }
  if (digits == 0) return Error{quoted(text) + " is not a duration" + hint};
  const std::string_view unit_name = text.substr(digits);
  if (unit_name.empty()) return Error{quoted(text) + " has no unit" + hint};
  for (const Unit& unit : units) {
    if (unit.name != unit_name) continue;
    if (value > Duration::max() / unit.length) return Error{quoted(text) + " is too long" + hint};
    return unit.length * value;
  }
  return Error{quoted(text) + " is not a duration" + hint};
}

std::string format_duration(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  for (const Unit& unit : units) {
    if (duration % unit.length == Duration::zero()) {
      return std::to_string(duration / unit.length) + std::string(unit.name);
    }
  }
  return std::to_string(duration.count()) + "us";
}

std::string readable_duration(Duration duration) {
  if (duration < Duration::zero()) return "-" + readable_duration(-duration);
  const auto one = [&](Duration unit, const char* name) {
    const std::int64_t tenths = duration / (unit / 10);  // never rounded up: "60 s" would be a minute
    const std::string fraction = tenths % 10 == 0 || tenths >= 100 ? "" : "." + std::to_string(tenths % 10);
    return std::to_string(tenths / 10) + fraction + name;
  };
  const auto two = [&](Duration large, const char* name, Duration small, const char* small_name) {
    const std::int64_t rest = duration % large / small;
    return std::to_string(duration / large) + name +
           (rest == 0 ? "" : " " + std::to_string(rest) + small_name);
  };
  if (duration < std::chrono::milliseconds(1)) return std::to_string(duration.count()) + " us";
  if (duration < seconds(1)) return one(std::chrono::milliseconds(1), " ms");
  if (duration < minutes(1)) return one(seconds(1), " s");
  if (duration < hours(1)) return two(minutes(1), " min", seconds(1), " s");
  if (duration < days(1)) return two(hours(1), " h", minutes(1), " min");
  return two(days(1), " d", hours(1), " h");
}

std::optional<Time> parse_http_date(std::string_view text) {
  static constexpr std::string_view day_names = "Mon Tue Wed Thu Fri Sat Sun ";
  static constexpr std::string_view month_names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
  if (text.size() != 29 || day_names.find(text.substr(0, 3)) % 4 != 0 || text.substr(3, 2) != ", ")
    return std::nullopt;
  const std::size_t month = month_names.find(text.substr(8, 4));
  if (month % 4 != 0) return std::nullopt;
  Scanner in(text.substr(5));
  int day, year;
  Clockface clock;
  if (!in.number(2, day) || !in.take(" ") || !in.take(text.substr(8, 4)) || !in.number(4, year) ||
      !in.take(" ") || !scan_clock(in, clock) || !clock.possible() || !in.take(" GMT") || !in.done()) {
    return std::nullopt;
  }
  const auto date = std::chrono::year(year) / static_cast<int>(month / 4 + 1) / day;
  if (!date.ok()) return std::nullopt;
  return Time(sys_days(date) + clock.since_midnight());
}

}  // namespace auditstream
