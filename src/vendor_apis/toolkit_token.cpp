// The lifetime of a token, from the response of the exchange. Nothing is verified: it only decides when to
// request the next one.
#include <charconv>

#include "auditstream/json.h"
#include "vendor_apis/toolkit.h"

namespace auditstream::vendor_apis::toolkit {
namespace {

// RFC 4648, section 5; stops at the first character outside the alphabet.
std::string decode_base64url(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xff);
  }
  return bytes;
}

}  // namespace

std::optional<Duration> whole_seconds(std::string_view text) {
  constexpr std::int64_t seconds_max = 100'000'000'000;  // the year 5138; more may overflow a Time
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value <= 0 || value > seconds_max) return std::nullopt;
  if (std::string_view(end, text.data() + text.size()).find_first_of("eE") != std::string_view::npos) {
    return std::nullopt;  // with an exponent, the digits alone would be wrong
  }
  return std::chrono::seconds(value);
}

std::optional<Time> jwt_expiry(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::string_view claims = token.substr(first + 1, token.find('.', first + 1) - first - 1);
  const auto expiry = whole_seconds(json::scalar_at(decode_base64url(claims), "/exp").value_or(""));
  return expiry ? std::optional(Time(*expiry)) : std::nullopt;
}

}  // namespace auditstream::vendor_apis::toolkit
