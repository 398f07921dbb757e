// Spellings on the wire, written and read strictly and apart from the product's own code, so that both can't
// share a bug.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auditstream/time.h"

namespace auditstream::sim {

// A fixed, well-mixing function: the only source of chance in the model.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return mix(mix(a) ^ b); }

// In [0, 1).
constexpr double fraction(std::uint64_t chance) { return static_cast<double>(chance >> 11) * 0x1.0p-53; }

void append_number(std::string& out, std::uint64_t number);
void append_hex(std::string& out, std::uint64_t number, int digits);

// "2026-11-20T12:00:00.123Z" with `digits` (0, 3, 6 or 9) of fraction; the nine-digit form ends in three
// digits of its own.
void append_time(std::string& out, Time time, int digits, char separator = 'T', std::string_view zone = "Z");
std::string time_text(Time time, int digits);

// RFC3339 in UTC with "Z" and at most `digits_max` digits of fraction.
std::optional<Time> parse_instant(std::string_view text, int digits_max);
// "2026-11-20"
std::optional<Time> parse_day(std::string_view text);

// As a JSON string literal; the text must be UTF-8.
std::string json_string(std::string_view text);

// Percent-encodes all but what may always stand.
std::string encoded(std::string_view text);

// A whole number without sign, all of the text.
std::optional<std::uint64_t> parse_number(std::string_view text);
std::optional<std::uint64_t> parse_hex(std::string_view text);

}  // namespace auditstream::sim
