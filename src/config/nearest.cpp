// Edit distance that counts two swapped neighbours as one edit, the most common typo.
#include "config/nearest.h"

#include <algorithm>
#include <cstddef>

namespace auditstream::config {
namespace {

// Bounds the work for absurd keys; no valid name is longer.
constexpr std::size_t length_max = 256;

char folded(char c) {
  if (c == '-') return '_';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::size_t edits(std::string_view a, std::string_view b) {
  a = a.substr(0, length_max);
  b = b.substr(0, length_max);
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  const auto nearest = std::min_element(
      candidates.begin(), candidates.end(),
      [name](const std::string& a, const std::string& b) { return edits(name, a) < edits(name, b); });
  if (nearest == candidates.end()) return {};
  const std::size_t slips_max = std::max<std::size_t>(1, std::max(name.size(), nearest->size()) / 3);
  return edits(name, *nearest) <= slips_max ? *nearest : std::string{};
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(name, candidates);
  return nearest.empty() ? std::string{} : "; did you mean \"" + nearest + "\"?";
}

}  // namespace auditstream::config
