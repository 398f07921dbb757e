#include "probe/redaction.h"

#include <algorithm>
#include <array>

#include "auditstream/json.h"
#include "auditstream/vendor.h"
#include "base/blot_out.h"
#include "base/url.h"
#include "probe/characters.h"
#include "probe/personal.h"

namespace auditstream::probe {
namespace {

constexpr std::string_view tenant = "tenant.example.com";
constexpr std::size_t label_min = 4;  // of a domain: less may be a part of any word
constexpr std::string_view vendor_address = "https://vendor.example.com";

std::string_view last_token(std::string_view pointer) { return pointer.substr(pointer.rfind('/') + 1); }

// A number, a truth value, nothing: no text.
bool is_no_text(std::string_view text) {
  constexpr std::size_t digits_max = 6;  // of more, a telephone's may be made
  return text.empty() || text == "null" || text == "true" || text == "false" ||
         (text.size() <= digits_max && text.find_first_not_of("0123456789.-") == text.npos);
}

constexpr std::string_view digits = "0123456789";

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool has_digit(std::string_view text) { return text.find_first_of(digits) != text.npos; }

// "next_page", "nextPage", "page[next]": its words, in lower case.
std::vector<std::string> segments_of(std::string_view key) {
  std::vector<std::string> segments(1);
  bool was_small = false;
  for (const char c : key) {
    const bool is_large = c >= 'A' && c <= 'Z';
    const bool separates = std::string_view("_-.[] ").find(c) != std::string_view::npos;
    if ((separates || (is_large && was_small)) && !segments.back().empty()) segments.emplace_back();
    if (!separates) segments.back() += lower(std::string_view(&c, 1));
    was_small = !is_large;
  }
  if (segments.size() > 1 && segments.back().empty()) segments.pop_back();
  return segments;
}

std::string joined(const std::vector<std::string>& segments) {
  std::string text;
  for (const std::string& each : segments) text += (text.empty() ? "" : "_") + each;
  return text;
}

using Words = std::set<std::string, std::less<>>;

// Tokens and links of paging.
bool is_of_paging(const std::vector<std::string>& segments) {
  static const Words tells{"cursor", "next", "page", "prev", "previous", "self"};
  static const Words may_join{"after", "before", "count",  "first", "id",   "last",  "limit", "link",
                              "links", "number", "offset", "per",   "size", "token", "total", "url"};
  return std::ranges::any_of(segments, [](const std::string& each) { return tells.contains(each); }) &&
         std::ranges::all_of(segments, [](const std::string& each) {
           return tells.contains(each) || may_join.contains(each);
         });
}

bool is_identifier(const std::vector<std::string>& segments) {
  static const Words ids{"guid", "id", "ids", "uid", "uuid"};
  return ids.contains(segments.back());
}

bool is_known_code(const std::vector<std::string>& segments) {
  static const Words codes{"action_code",   "country_code", "currency_code", "error_code",
                           "event_code",    "exit_code",    "http_code",     "http_status_code",
                           "language_code", "reason_code",  "response_code", "result_code",
                           "return_code",   "status_code"};
  return codes.contains(joined(segments));
}

// A word of the vendor's own, such as a type or a status.
bool is_vendors_word(const std::vector<std::string>& segments) {
  static const Words last{"action",  "category", "environment", "kind",    "level",
                          "method",  "object",   "operation",   "outcome", "result",
                          "service", "severity", "status",      "type",    "version"};
  return last.contains(segments.back()) || is_known_code(segments) || segments.back() == "code";
}

// Of what nothing may stay, a number or a date neither. Of codes only those that are known to be no one's.
bool is_private(const std::vector<std::string>& segments) {
  static const Words words{"born", "cvc", "cvv", "dob", "fax", "iban", "mobile",
                           "otp",  "pin", "pwd", "ssn", "tel", "zip"};
  static constexpr std::array<std::string_view, 6> parts{"birth", "phone",  "passw",
                                                         "passp", "postal", "secret"};
  const std::string& last = segments.back();
  if (last.ends_with("code") && !(segments.size() == 1 && last == "code") && !is_known_code(segments))
    return true;
  return std::ranges::any_of(segments, [](const std::string& each) {
    return words.contains(each) || each == "pass" || each.starts_with("zip") ||
           std::ranges::any_of(parts, [&](std::string_view part) { return each.find(part) != each.npos; });
  });
}

// "code" alone is a status if it is short or a word, and else perhaps what somebody has typed in.
bool may_be_a_pin(std::string_view key, std::string_view text) {
  constexpr std::size_t status_max = 3;
  return lower(key) == "code" && text.size() > status_max && has_digit(text);
}

// No sentence, and nothing that JSON spells with escapes.
bool is_one_word(std::string_view text) {
  constexpr std::size_t size_max = 512;
  return text.size() <= size_max && std::ranges::all_of(text, [](char c) {
           return is_letter(c) || is_digit(c) ||
                  std::string_view("_-.:+/=~#@%&?,;|[]").find(c) != std::string_view::npos;
         });
}

// As vendors name what happened: "StoryCreation", "user.login". A long number may be somebody's telephone.
bool is_name_of_a_thing(std::string_view text) {
  constexpr std::size_t size_max = 64;
  const auto is_part = [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view("_.:/-").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= size_max && !text.starts_with("/") &&
         std::ranges::all_of(text, is_part) && std::ranges::any_of(text, is_letter);
}

// Numbers, hexadecimal digits, or letters and digits as chance has them: all others may be somebody's login.
bool is_machine_id(std::string_view text) {
  constexpr std::size_t size_max = 256;
  constexpr std::size_t chance_min = 16;  // "jane80roe" is shorter
  constexpr std::size_t changes_min = 4;
  const auto joins = [](char c) { return std::string_view("_-.:=+/").find(c) != std::string_view::npos; };
  if (text.size() > size_max || !has_digit(text) || text.starts_with("/")) return false;
  if (!std::ranges::all_of(text, [&](char c) { return is_letter(c) || is_digit(c) || joins(c); }))
    return false;
  if (std::ranges::all_of(text, [&](char c) { return is_hex(c) || joins(c); })) return true;
  std::size_t changes = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    changes += (is_digit(text[i]) && is_letter(text[i - 1])) || (is_letter(text[i]) && is_digit(text[i - 1]))
                   ? 1
                   : 0;
  }
  return text.size() >= chance_min && changes >= changes_min;
}

// A token of a page: of a key that says nothing more it must not look like a name.
bool is_page_token(const std::vector<std::string>& segments, std::string_view text) {
  constexpr std::size_t name_max = 24;
  const bool is_said = std::ranges::any_of(
      segments, [](const std::string& each) { return each == "cursor" || each == "token"; });
  return is_one_word(text) && text.find_first_of("?&#@,") == text.npos &&
         (is_said || is_machine_id(text) || (text.size() > name_max && has_digit(text)));
}

bool is_name_of_a_parameter(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view("_-.[]").find(c) != std::string_view::npos;
  });
}

bool is_number(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const auto some_digits = [&] {
    const std::size_t first = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i > first;
  };
  if (!some_digits()) return false;
  if (i < text.size() && text[i] == '.' && (++i, !some_digits())) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!some_digits()) return false;
  }
  return i == text.size();
}

// What the string means; nothing if it is no Unicode text, which scalar_at() tells by leaving its quotes.
std::optional<std::string> decoded(std::string_view written) {
  if (written.find('\\') == written.npos) return std::string(written);
  std::optional<std::string> text = json::scalar_at("[\"" + std::string(written) + "\"]", "/0");
  if (text && text->starts_with('"') && !written.starts_with("\\\"") && !written.starts_with("\\u0022"))
    return std::nullopt;
  return text;
}

// As a JSON string, less its quotes.
std::string encoded(std::string_view text) {
  const std::string quoted = json::quote(text);
  return quoted.substr(1, quoted.size() - 2);
}

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
    if (setting.request_host && !label.empty()) fixed_.emplace_back(label, "tenant");
    value = replaced;
  }
  for (auto& [old, by] : fixed_) old = lower(old);
  const std::string own = vendor.default_base_url(redacted_);
  const bool overridden = source.base_url != vendor.default_base_url(source);
  redacted_.base_url = overridden ? std::string(vendor_address) : own;
  if (overridden) {
    fixed_.emplace_back(lower(source.base_url), redacted_.base_url);
    fixed_.emplace_back(lower(split_url(source.base_url).authority),
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
    for (std::string& value : values) value = listed(segments_of(name), value);
  }
}

const std::string& Redaction::instead_of(Replaced& known, std::string_view text, std::string_view word) {
  const auto found = known.find(text);
  if (found != known.end()) return found->second;
  return known.emplace(text, std::string(word) + std::to_string(known.size() + 1)).first->second;
}

std::string Redaction::listed(const std::vector<std::string>& segments, std::string_view written) {
  const std::string own = text(written);
  const bool stays = is_identifier(segments) ? is_machine_id(written) : is_name_of_a_thing(written);
  return stays || is_framed_stand_in(own) ? own : instead_of(ids_, written, "id-");
}

std::string Redaction::text(std::string_view given) { return without_people(without_tenant(given)); }

// In one go, so that what stands for something isn't replaced once more.
std::string Redaction::without_tenant(std::string_view given) const {
  const std::string small = lower(given);
  const auto stands_at = [&](std::size_t at, std::string_view old) {
    if (old.empty() || small.compare(at, old.size(), old) != 0) return false;
    if (old.size() >= label_min) return true;
    const auto is_part = [](char c) { return is_letter(c) || is_digit(c); };
    return (at == 0 || !is_part(small[at - 1])) &&
           (at + old.size() == small.size() || !is_part(small[at + old.size()]));
  };
  std::string text;
  for (std::size_t i = 0; i < given.size();) {
    const auto found =
        std::ranges::find_if(fixed_, [&](const auto& each) { return stands_at(i, each.first); });
    if (found == fixed_.end()) {
      text += given[i++];
    } else {
      text += found->second;
      i += found->first.size();
    }
  }
  return text;
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

void Redaction::know_path(std::string_view url) {
  const std::string_view rest = split_url(url).rest;
  if (url.starts_with(redacted_.base_url)) paths_.emplace(rest.substr(0, rest.find_first_of("?#")));
}

// Of the parameters only names, pages, times and numbers stay.
std::string Redaction::link(std::string_view url) {
  std::string own = text(url);
  const std::string_view origin = own.starts_with("/") ? "" : std::string_view(redacted_.base_url);
  const std::string_view rest = std::string_view(own).substr(origin.size());
  const std::size_t question = std::min(rest.find('?'), rest.size());
  if (rest.empty() || rest == "/") return own;
  if (!paths_.contains(rest.substr(0, question)))
    return std::string(origin) + instead_of(links_, rest, "/link/");
  std::string kept(own.substr(0, origin.size() + question));
  std::string_view query = rest.substr(question);
  query = query.substr(0, query.find('#'));
  for (char separator = '?'; !query.empty(); separator = '&') {
    query.remove_prefix(1);
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(parameter.size());
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string name = percent_decode(parameter.substr(0, equals));
    const std::string value = percent_decode(parameter.substr(std::min(equals + 1, parameter.size())));
    const std::vector<std::string> segments = segments_of(name);
    const bool stays = !is_private(segments) && (is_no_text(value) || is_time(value) ||
                                                 (is_of_paging(segments) && is_page_token(segments, value)));
    if (equals == parameter.size() || !is_name_of_a_parameter(name)) continue;
    kept += separator + std::string(parameter.substr(0, equals + 1));
    kept += stays ? std::string(parameter.substr(equals + 1)) : instead_of(ids_, value, "id-");
  }
  return kept;
}

std::string Redaction::address(std::string_view url) {
  const std::string own = text(url);
  const std::string& base = redacted_.base_url;
  const std::string_view rest = own.starts_with(base) ? std::string_view(own).substr(base.size()) : "";
  const bool is_own = own == base || rest.starts_with("/") || rest.starts_with("?");
  if (is_own || (url.starts_with("/") && !url.starts_with("//"))) return link(url);
  return instead_of(elsewhere_, url, "https://elsewhere.example.com/");
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

std::string Redaction::value(const std::string& key, bool hidden, std::string_view written) {
  const std::vector<std::string> segments = segments_of(key);
  if (!written.empty() && (hidden || may_be_a_pin(key, written))) return instead_of(texts_, written, "text ");
  if (is_no_text(written) || is_time(written)) return std::string(written);
  if (written.starts_with("http://") || written.starts_with("https://")) {
    if (is_of_paging(segments)) return address(written);
    return instead_of(elsewhere_, written, "https://elsewhere.example.com/");
  }
  if (is_of_paging(segments)) {
    if (is_one_word(written) && written.starts_with("/") && !written.starts_with("//")) return link(written);
    if (is_page_token(segments, written)) return text(written);
  } else if (is_identifier(segments)) {
    if (is_machine_id(written)) return text(written);
  } else if (std::ranges::find(kept_keys_, key) != kept_keys_.end() || is_vendors_word(segments)) {
    if (is_name_of_a_thing(written)) return text(written);
  }
  if (is_one_word(written)) {
    std::string own = text(written);
    if (is_framed_stand_in(own)) return own;
  }
  // An event's id has to stay one word.
  if (is_of_paging(segments) || is_identifier(segments)) return instead_of(ids_, written, "id-");
  return segments.back().ends_with("name") ? instead_of(names_, written, "Name ")
                                           : instead_of(texts_, written, "text ");
}

// Names of members may be people's.
std::string Redaction::name(std::string_view written) {
  if (std::ranges::find(kept_keys_, written) != kept_keys_.end()) return std::string(written);
  std::string own = text(written);
  if (is_one_word(own) && (own.find('@') == own.npos || is_framed_stand_in(own))) return own;
  return instead_of(names_, written, "Name ");
}

std::string Redaction::number(bool hidden, std::string_view written) {
  if (written == "true" || written == "false" || written == "null") return std::string(written);
  if (!is_number(written)) return "x";  // as broken as it was
  const bool is_secret = std::ranges::any_of(
      secrets_, [&](const std::string& each) { return !each.empty() && written.find(each) != written.npos; });
  return hidden || is_secret ? instead_of(numbers_, written, "") : std::string(written);
}

// Never gives up: behind an error there may be people as well.
std::string Redaction::json(std::string_view body) {
  struct Level {
    bool array;
    bool hidden;
    std::string key;
  };
  std::vector<Level> levels{{false, false, ""}};
  std::string replaced;
  const auto hidden = [&] { return levels.back().hidden || is_private(segments_of(levels.back().key)); };
  for (std::size_t i = 0; i < body.size();) {
    const char c = body[i];
    if (c == '"') {
      std::size_t end = i + 1;
      while (end < body.size() && body[end] != '"') end += body[end] == '\\' ? 2 : 1;
      if (end >= body.size()) return replaced + "\"";
      const std::string_view written = body.substr(i + 1, end - i - 1);
      i = end + 1;
      const std::size_t after = body.find_first_not_of(" \t\r\n", i);
      const bool is_name = after != body.npos && body[after] == ':' && !levels.back().array;
      // What is no Unicode text is no word, and so does not stay.
      const std::string meant = decoded(written).value_or(std::string(written) + " ");
      const std::string by = is_name ? name(meant) : value(levels.back().key, hidden(), meant);
      replaced += '"' + (by == meant ? std::string(written) : encoded(by)) + '"';
      if (is_name) levels.back().key = meant;
    } else if (c == '{' || c == '[') {
      levels.push_back({c == '[', hidden(), c == '[' ? levels.back().key : ""});
      replaced += body[i++];
    } else if (c == '}' || c == ']') {
      if (levels.size() > 1) levels.pop_back();
      replaced += body[i++];
    } else if (c == ',' || c == ':' || c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (c == ',' && !levels.back().array) levels.back().key.clear();
      replaced += body[i++];
    } else {
      const std::size_t end = std::min(body.find_first_of("\"{}[],: \t\r\n", i), body.size());
      const std::string_view written = body.substr(i, end - i);
      replaced += number(hidden() || may_be_a_pin(levels.back().key, written), written);
      i = end;
    }
  }
  return replaced;
}

std::string Redaction::body(std::string_view body) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  if (begin == body.npos) return std::string(body);
  if (body[begin] == '{' || body[begin] == '[') return json(body);
  if (is_name_of_a_thing(body)) return text(body);
  const std::string& by = instead_of(texts_, body, "text ");
  return body[begin] == '<' ? "<html><title>" + by + "</title></html>" : by;
}

}  // namespace auditstream::probe
