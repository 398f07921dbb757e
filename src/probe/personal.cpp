#include "probe/personal.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/url.h"
#include "probe/characters.h"

namespace auditstream::probe {
namespace {

constexpr std::size_t local_part_max = 64;  // RFC 5321
constexpr std::size_t domain_max = 255;
constexpr std::size_t escape_max = 5;  // "\u00e9", less its last character
constexpr std::size_t ipv6_max = 45;

// Other letters as well, as they are or by JSON's escapes: a part of an escape must not stay behind.
bool is_of_domain(char c) {
  return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '\\' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}
bool is_of_local_part(char c) {
  return is_of_domain(c) || std::string_view("_%+'").find(c) != std::string_view::npos;
}
bool is_of_ipv6(char c) {
  return is_digit(c) || c == ':' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Of a text with an @ at that place. `from`: what is before is taken.
std::optional<Personal> mail_around(std::string_view text, std::size_t at, std::size_t from) {
  std::size_t begin = at;
  while (begin > from && at - begin < local_part_max && is_of_local_part(text[begin - 1])) --begin;
  for (std::size_t i = 1; i <= escape_max && begin >= from + i; ++i) {
    if (text[begin - i] == '\\') begin -= i;
  }
  std::size_t end = at + 1;
  while (end < text.size() && end - at <= domain_max && is_of_domain(text[end])) ++end;
  while (end > at + 1 && !is_letter(text[end - 1]) && !is_digit(text[end - 1])) --end;
  const std::string_view domain = text.substr(at + 1, end - at - 1);
  if (begin == at || domain.find('.') == domain.npos || domain.front() == '.') return std::nullopt;
  return Personal{Personal::Kind::mail, begin, end - begin};
}

std::optional<Personal> ipv4_at(std::string_view text, std::size_t at) {
  std::size_t i = at;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (i == text.size() || text[i++] != '.')) return std::nullopt;
    int value = 0;
    const std::size_t first = i;
    while (i < text.size() && i - first < 3 && is_digit(text[i])) value = value * 10 + (text[i++] - '0');
    if (i == first || value > 255) return std::nullopt;
  }
  if (i < text.size() && (is_digit(text[i]) || is_letter(text[i]))) return std::nullopt;
  if (i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1])) return std::nullopt;
  return Personal{Personal::Kind::ipv4, at, i - at};
}

std::optional<Personal> ipv6_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  std::size_t colons = 0;
  while (end < text.size() && end - at <= ipv6_max && is_of_ipv6(text[end]))
    colons += text[end++] == ':' ? 1 : 0;
  if (colons < 2 || end - at > ipv6_max || (end < text.size() && is_letter(text[end]))) return std::nullopt;
  const std::optional<HostPort> parsed = parse_host_port("[" + std::string(text.substr(at, end - at)) + "]");
  if (!parsed || !parsed->ipv6) return std::nullopt;
  return Personal{Personal::Kind::ipv6, at, end - at};
}

}  // namespace

std::vector<Personal> find_personal(std::string_view text) {
  std::vector<Personal> found;
  std::size_t taken = 0;
  const auto take = [&](const std::optional<Personal>& personal) {
    if (!personal) return;
    found.push_back(*personal);
    taken = personal->at + personal->size;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i < taken) continue;
    const char before = i == 0 ? ' ' : text[i - 1];
    const bool begins = !is_digit(before) && !is_letter(before) && before != ':' && before != '.';
    if (text[i] == '@') {
      // An address may have been taken for the beginning of this one: "1.2.3.4@example.org".
      if (!found.empty() && taken == i && found.back().kind != Personal::Kind::mail) {
        taken = found.back().at;
        found.pop_back();
      }
      take(mail_around(text, i, taken));
    } else if (begins && is_digit(text[i])) {
      std::optional<Personal> address = ipv4_at(text, i);
      take(address ? address : ipv6_at(text, i));
    } else if (begins && is_of_ipv6(text[i])) {
      take(ipv6_at(text, i));
    }
  }
  return found;
}

}  // namespace auditstream::probe
