#include "probe/redaction.h"

#include <algorithm>
#include <array>
#include <regex>

#include "auditstream/vendor.h"
#include "base/blot_out.h"
#include "base/url.h"
#include "probe/json_strings.h"

namespace auditstream::probe {
namespace {

constexpr std::string_view tenant = "tenant.example.com";
constexpr std::string_view vendor_address = "https://vendor.example.com";

bool ends_with_one_of(std::string_view text, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) { return text.ends_with(ending); });
}

void replace_all(std::string& text, std::string_view old, std::string_view by) {
  if (old.empty()) return;
  for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at + by.size()))
    text.replace(at, old.size(), by);
}

std::string_view last_token(std::string_view pointer) { return pointer.substr(pointer.rfind('/') + 1); }

// A number, a truth value, nothing: no text.
bool is_no_text(std::string_view text) {
  constexpr std::size_t digits_max = 6;  // of more, a telephone's may be made
  return text.empty() || text == "null" || text == "true" || text == "false" ||
         (text.size() <= digits_max && text.find_first_not_of("0123456789.-") == text.npos);
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

const std::regex& mail() {
  static const std::regex pattern(R"([A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)");
  return pattern;
}
const std::regex& ip() {
  static const std::regex pattern(
      R"(\b(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|([0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{1,4}|([0-9A-Fa-f]{1,4}:){1,6}:[0-9A-Fa-f:]{0,30})\b)");
  return pattern;
}

}  // namespace

Redaction::Redaction(const Source& source, const Secrets& secrets) : redacted_(source) {
  const Vendor& vendor = *source.api;
  for (const auto& [name, secret] : secrets) fixed_.emplace_back(secret.reveal(), "{" + name + "}");
  for (const Setting& setting : vendor.settings()) {
    if (setting.type != Setting::Type::text || !setting.identity) continue;
    std::string& value = redacted_.settings[setting.name];
    const std::string replaced(setting.request_host ? tenant : "acme");
    if (!value.empty()) fixed_.emplace_back(value, replaced);
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
}

const std::string& Redaction::instead_of(std::map<std::string, std::string, std::less<>>& known,
                                         std::string_view text, std::string_view before,
                                         std::string_view after) {
  const auto found = known.find(text);
  if (found != known.end()) return found->second;
  return known.emplace(text, std::string(before) + std::to_string(known.size() + 1) + std::string(after))
      .first->second;
}

std::string Redaction::text(std::string_view given) {
  std::string text(given);
  for (const auto& [old, by] : fixed_) replace_all(text, old, by);
  for (const auto& [name, by] : fixed_) {
    if (by.starts_with("{")) blot_out(text, name);
  }
  const auto replace_each = [&text](const std::regex& pattern, const auto& by) {
    std::string replaced;
    auto begin = text.cbegin();
    for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
      replaced.append(begin, (*match)[0].first).append(by(match->str()));
      begin = (*match)[0].second;
    }
    text = replaced.append(begin, text.cend());
  };
  replace_each(mail(), [this](const std::string& found) {
    static const std::regex replaced(R"(person\d+@example\.com)");
    return std::regex_match(found, replaced) ? found
                                             : instead_of(mails_, lower(found), "person", "@example.com");
  });
  replace_each(ip(), [this](const std::string& found) {
    if (found.find('.') == found.npos) return instead_of(addresses_, found, "2001:db8::");
    if (std::ranges::any_of(addresses_, [&](const auto& entry) { return entry.second == found; }))
      return found;
    const auto known = addresses_.find(found);
    if (known != addresses_.end()) return known->second;
    return addresses_.emplace(found, stand_in(addresses_.size())).first->second;
  });
  return text;
}

std::string Redaction::address(std::string_view url) {
  const UrlParts parts = split_url(url);
  const std::string own = text(url);
  if (parts.scheme.empty() || own.starts_with(redacted_.base_url)) return own;
  return instead_of(elsewhere_, url, "https://elsewhere.example.com/");
}

bool Redaction::is_kept(std::string_view key) const {
  if (std::ranges::find(kept_keys_, key) != kept_keys_.end()) return true;
  const std::string name = lower(key);
  return ends_with_one_of(
             name, {"id", "type", "kind", "status", "method", "operation", "object", "version", "environment",
                    "service", "action", "category", "severity", "result", "outcome", "code", "level"}) ||
         name.find("next") != name.npos || name.find("page") != name.npos ||
         name.find("previous") != name.npos || name.find("cursor") != name.npos || name == "self";
}

std::string Redaction::value(std::string_view key, std::string_view written) {
  if (is_no_text(written) || is_time(written)) return std::string(written);
  const bool is_address = written.starts_with("http://") || written.starts_with("https://");
  if (is_address) return address(written);
  if (is_kept(key) || written.starts_with("/")) return text(written);
  std::string own = text(written);
  // Only what is nothing but an address, or one in the frame of a claim, is known to say no more.
  static const std::regex framed(
      R"(([a-z]+=)?(person\d+@example\.com|192\.0\.\d+\.\d+|2001:db8::\d+)(@[a-z0-9]+)?)");
  if (std::regex_match(own, framed)) return own;
  return lower(key).ends_with("name") ? instead_of(names_, written, "Name ")
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
  return text(replaced);
}

}  // namespace auditstream::probe
