#include "config/findings.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace auditstream::config {
namespace {

std::vector<Finding> in_order(std::vector<Finding> findings, const std::string& main_file) {
  std::stable_sort(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) {
    return std::make_tuple(a.file != main_file, std::cref(a.file), a.line) <
           std::make_tuple(b.file != main_file, std::cref(b.file), b.line);
  });
  return findings;
}

}  // namespace

std::string Finding::text() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line);
  text += ": ";
  if (!path.empty()) text += path + ": ";
  return text + message;
}

Place Place::named(std::string_view name, int at_line) const {
  const std::string shown = discreet(name);
  return {file, at_line, path.empty() ? shown : path + "." + shown, allowance};
}

Place Place::item(std::size_t index, int at_line) const {
  return {file, at_line, path + "[" + std::to_string(index) + "]", allowance};
}

void Findings::mistake(const Place& place, std::string message) {
  Finding finding{place.file, place.line, place.path, std::move(message)};
  mistaken_.emplace(place.file, place.path);
  if (seen_.insert(finding.text()).second) mistakes_.push_back(std::move(finding));
}

void Findings::warning(const Place& place, std::string message) {
  Finding finding{place.file, place.line, place.path, std::move(message)};
  if (seen_.insert(finding.text()).second) warnings_.push_back(std::move(finding));
}

void Findings::missing_secret(const Place& place, std::string message) {
  Finding finding{place.file, place.line, place.path, std::move(message)};
  if (seen_.insert(finding.text()).second) missing_secrets_.push_back(std::move(finding));
}

bool Findings::has_mistake_at(const std::string& file, const std::string& path) const {
  return mistaken_.contains({file, path});
}

std::vector<Finding> Findings::take_mistakes(const std::string& main_file) {
  return in_order(std::exchange(mistakes_, {}), main_file);
}

std::vector<Finding> Findings::take_warnings(const std::string& main_file) {
  return in_order(std::exchange(warnings_, {}), main_file);
}

std::vector<Finding> Findings::take_missing_secrets(const std::string& main_file) {
  return in_order(std::exchange(missing_secrets_, {}), main_file);
}

bool may_be_secret(std::string_view text) {
  constexpr std::size_t word_max = 24;
  constexpr std::size_t mixed_max = 7;
  std::size_t length = 0;  // of the letters and digits in a row that end here
  bool letters = false, digits = false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    const bool in_run = letter || digit;
    length = in_run ? length + 1 : 0;
    letters = in_run && (letters || letter);
    digits = in_run && (digits || digit);
    if (length > word_max || (length > mixed_max && letters && digits)) return true;
  }
  return false;
}

std::string discreet(std::string_view key) {
  const std::string_view word =
      key.substr(0, key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "abcdefghijklmnopqrstuvwxyz0123456789._-"));
  const bool slipped = word.size() < key.size() && key[word.size()] == ':';
  if (may_be_secret(word) || (word.size() < key.size() && !slipped)) return "...";
  return std::string(word) + (slipped ? "..." : "");
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t shown_max = 80;
  if (text.size() <= shown_max) return "\"" + std::string(text) + "\"";
  std::size_t shown = shown_max;
  while (shown > 0 && (static_cast<unsigned char>(text[shown]) & 0xc0) == 0x80)
    --shown;  // whole characters only
  return "\"" + std::string(text.substr(0, shown)) + "...\"";
}

std::string listed(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

}  // namespace auditstream::config
