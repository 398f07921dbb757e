#include "probe/redaction.h"

#include <algorithm>
#include <array>

#include "auditstream/vendor.h"
#include "base/blot_out.h"
#include "base/url.h"
#include "probe/json_strings.h"
#include "probe/personal.h"

namespace auditstream::probe {
namespace {

constexpr std::string_view tenant = "tenant.example.com";
constexpr std::size_t label_min = 4;  // of a domain: less may be a part of any word
constexpr std::string_view vendor_address = "https://vendor.example.com";

// Builds a new string: replacing in place would be quadratic for a body full of repetitions.
std::string with_all(const std::string& text, std::string_view old, std::string_view by) {
  std::string replaced;
  std::size_t done = 0;
  for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, done)) {
    replaced.append(text, done, at - done).append(by);
    done = at + old.size();
  }
  return replaced.append(text, done);
}

std::string_view last_token(std::string_view pointer) { return pointer.substr(pointer.rfind('/') + 1); }

// A number, a truth value, nothing: no text.
bool is_no_text(std::string_view text) {
  constexpr std::size_t digits_max = 6;  // of more, a telephone's may be made
  return text.empty() || text == "null" || text == "true" || text == "false" ||
         (text.size() <= digits_max && text.find_first_not_of("0123456789.-") == text.npos);
}

// "next_page", "nextPage": next, page.
std::vector<std::string> segments_of(std::string_view key) {
  std::vector<std::string> segments(1);
  bool was_small = false;
  for (const char c : key) {
    const bool is_large = c >= 'A' && c <= 'Z';
    if (c == '_' || c == '-' || c == '.' || (is_large && was_small)) segments.emplace_back();
    if (c != '_' && c != '-' && c != '.') segments.back() += lower(std::string_view(&c, 1));
    was_small = !is_large;
  }
  return segments;
}

using Words = std::set<std::string, std::less<>>;

// Tokens and links of paging.
bool is_of_paging(const std::vector<std::string>& segments) {
  static const Words tells{"cursor", "next", "page", "prev", "previous", "self"};
  static const Words may_join{"after", "before", "count",  "first", "id",    "last",  "limit", "link",
                              "links", "number", "offset", "size",  "token", "total", "url"};
  return std::ranges::any_of(segments, [](const std::string& each) { return tells.contains(each); }) &&
         std::ranges::all_of(segments, [](const std::string& each) {
           return tells.contains(each) || may_join.contains(each);
         });
}

bool is_identifier(const std::vector<std::string>& segments) {
  static const Words ids{"guid", "id", "ids", "uid", "uuid"};
  return ids.contains(segments.back());
}

// A word of the vendor's own, such as a type or a status.
bool is_vendors_word(std::string_view key, const std::vector<std::string>& segments) {
  static const Words last{"action",  "category", "environment", "kind",    "level",
                          "method",  "object",   "operation",   "outcome", "result",
                          "service", "severity", "status",      "type",    "version"};
  static const Words codes{"code", "error_code", "event_code", "http_code", "response_code", "status_code"};
  return last.contains(segments.back()) || codes.contains(lower(key));
}

// Of what nothing may stay, a number or a date neither.
bool is_private(const std::vector<std::string>& segments) {
  static const Words words{"birth", "birthday", "dob",    "iban",   "otp", "passcode", "password",
                           "phone", "pin",      "postal", "secret", "ssn", "zip"};
  return std::ranges::any_of(segments, [](const std::string& each) { return words.contains(each); });
}

// No sentence, and nothing that JSON spells with escapes.
bool is_one_word(std::string_view text) {
  constexpr std::size_t size_max = 512;
  return text.size() <= size_max && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("_-.:+/=~#@%&?,;|").find(c) != std::string_view::npos;
         });
}

bool has_digit(std::string_view text) { return text.find_first_of("0123456789") != text.npos; }

bool is_time(std::string_view text) {
  return parse_event_time(text) || parse_event_time(std::string(text) + "T00:00:00Z");
}

// The networks of RFC 5737, and a private one when they are used up.
constexpr std::array<std::string_view, 3> documented{"192.0.2.", "198.51.100.", "203.0.113."};
constexpr std::string_view private_network = "10.0.";
std::string stand_in(std::size_t number) {
  constexpr std::size_t each = 250;
  const std::string last = std::to_string(number % each + 1);
  if (number < documented.size() * each) return std::string(documented[number / each]) + last;
  return std::string(private_network) + std::to_string(number / each) + "." + last;
}

}  // namespace

Redaction::Redaction(const Source& source, const Secrets& secrets) : redacted_(source) {
  const Vendor& vendor = *source.api;
  hide(secrets, std::nullopt);
  for (const Setting& setting : vendor.settings()) {
    if (setting.type != Setting::Type::text || !setting.identity) continue;
    std::string& value = redacted_.settings[setting.name];
    const std::string replaced(setting.request_host ? tenant : "acme");
    if (!value.empty()) fixed_.emplace_back(value, replaced);
    const std::string label = value.substr(0, value.find('.'));
    if (setting.request_host && label.size() >= label_min) fixed_.emplace_back(label, "tenant");
    value = replaced;
  }
  const std::string own = vendor.default_base_url(redacted_);
  const bool overridden = source.base_url != vendor.default_base_url(source);
  redacted_.base_url = overridden ? std::string(vendor_address) : own;
  if (overridden) {
    fixed_.emplace_back(source.base_url, redacted_.base_url);
    fixed_.emplace_back(std::string(split_url(source.base_url).authority),
                        std::string(split_url(redacted_.base_url).authority));
  }
  // The longest first: one may be part of another.
  std::ranges::stable_sort(
      fixed_, [](const auto& one, const auto& other) { return one.first.size() > other.first.size(); });
  const EventShape& shape = vendor.event_shape();
  for (const std::string_view pointer : shape.times) kept_keys_.emplace_back(last_token(pointer));
  kept_keys_.emplace_back(last_token(shape.id));
  kept_keys_.emplace_back(last_token(vendor.traits().action));
  if (!source.time_field.empty()) kept_keys_.emplace_back(last_token(source.time_field));
  redacted_.name = redacted_.account = "acme";
  for (auto& [name, values] : redacted_.lists) {
    for (std::string& value : values) value = text(value);
  }
}

const std::string& Redaction::instead_of(Replaced& known, std::string_view text, std::string_view word) {
  const auto found = known.find(text);
  if (found != known.end()) return found->second;
  return known.emplace(text, std::string(word) + std::to_string(known.size() + 1)).first->second;
}

std::string Redaction::text(std::string_view given) {
  std::string text(given);
  for (const auto& [old, by] : fixed_) text = with_all(text, old, by);
  return without_people(std::move(text));
}

std::string Redaction::without_people(std::string text) {
  for (const std::string& secret : secrets_) blot_out(text, secret);
  std::string replaced;
  std::size_t done = 0;
  for (const Personal& personal : find_personal(text)) {
    replaced.append(text, done, personal.at - done);
    replaced += stand_in_for(personal.kind, text.substr(personal.at, personal.size));
    done = personal.at + personal.size;
  }
  return replaced.append(text, done);
}

const std::string& Redaction::stand_in_for(Personal::Kind kind, const std::string& found) {
  if (stand_ins_.contains(found)) return *stand_ins_.find(found);
  const auto known = people_.find(lower(found));
  if (known != people_.end()) return known->second;
  std::string by;
  switch (kind) {
    case Personal::Kind::mail:
      by = "person" + std::to_string(++mails_) + "@example.com";
      break;
    case Personal::Kind::ipv4:
      by = stand_in(ipv4s_++);
      break;
    case Personal::Kind::ipv6:
      by = "2001:db8::" + std::to_string(++ipv6s_);
      break;
  }
  stand_ins_.insert(by);
  return people_.emplace(lower(found), std::move(by)).first->second;
}

void Redaction::hide(const Secrets& secrets, const std::optional<Token>& token) {
  for (const auto& [name, secret] : secrets) secrets_.insert(secret.reveal());
  if (token) secrets_.insert(token->value.reveal());
}

std::string Redaction::address(std::string_view url) {
  const UrlParts parts = split_url(url);
  std::string own = text(url);
  if (parts.scheme.empty() || own.starts_with(redacted_.base_url)) return own;
  return instead_of(elsewhere_, url, "https://elsewhere.example.com/");
}

// A machine's id has a digit; one without may be somebody's login.
bool Redaction::is_kept(std::string_view key, const std::vector<std::string>& segments,
                        std::string_view text) const {
  if (is_of_paging(segments)) return true;
  if (is_identifier(segments)) return has_digit(text);
  if (text.starts_with("/")) return false;
  return std::ranges::find(kept_keys_, key) != kept_keys_.end() || is_vendors_word(key, segments);
}

// Nothing but an address, perhaps as a claim has it: "user=person1@example.com@google".
bool Redaction::is_framed_stand_in(std::string_view text) const {
  constexpr std::size_t frame_max = 100;
  if (text.size() > frame_max) return false;
  const std::vector<Personal> found = find_personal(text);
  if (found.size() != 1 || !stand_ins_.contains(text.substr(found[0].at, found[0].size))) return false;
  const std::string_view before = text.substr(0, found[0].at);
  const std::string_view after = text.substr(found[0].at + found[0].size);
  static constexpr std::string_view small = "abcdefghijklmnopqrstuvwxyz0123456789";
  const auto is_small = [](std::string_view word) { return word.find_first_not_of(small) == word.npos; };
  return (before.empty() || (before.ends_with('=') && is_small(before.substr(0, before.size() - 1)))) &&
         (after.empty() || (after.starts_with('@') && is_small(after.substr(1))));
}

std::string Redaction::value(std::string_view key, std::string_view written) {
  const std::vector<std::string> segments = segments_of(key);
  if (!written.empty() && is_private(segments)) return instead_of(texts_, written, "text ");
  if (is_no_text(written) || is_time(written)) return std::string(written);
  if (is_one_word(written)) {
    const bool is_address = written.starts_with("http://") || written.starts_with("https://");
    if (is_address) return address(written);
    if (is_kept(key, segments, written)) return text(written);
    std::string own = text(written);
    if (is_framed_stand_in(own)) return own;
  }
  return segments.back().ends_with("name") ? instead_of(names_, written, "Name ")
                                           : instead_of(texts_, written, "text ");
}

std::string Redaction::body(std::string_view body) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  const bool is_json = begin != body.npos && (body[begin] == '{' || body[begin] == '[');
  if (!is_json) return text(body);
  std::string replaced;
  std::size_t done = 0;
  for_each_string(body, [&](const JsonString& found) {
    replaced.append(body.substr(done, found.at - done));
    replaced.append(value(found.key, found.text));
    done = found.at + found.text.size();
  });
  replaced.append(body.substr(done));
  // Names of members may be addresses, too.
  return without_people(std::move(replaced));
}

}  // namespace auditstream::probe
