#include "config/changes.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace auditstream::config {
namespace {

constexpr std::size_t names_shown_max = 5;

std::string part(const std::vector<std::string>& names, const char* what) {
  if (names.empty()) return "";
  std::string text = ", " + std::to_string(names.size()) + " " + what + " (";
  for (std::size_t i = 0; i < std::min(names.size(), names_shown_max); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return text + (names.size() > names_shown_max ? ", ...)" : ")");
}

bool same(const Source& before, Source after) {
  if (before.route && after.route && *before.route == *after.route) after.route = before.route;
  return before == after;
}

}  // namespace

std::string SourceChanges::text() const {
  const std::string all = part(added, "added") + part(changed, "changed") + part(removed, "removed");
  return all.empty() ? "no source has changed" : all.substr(2);
}

SourceChanges compare_sources(const std::vector<std::shared_ptr<const Source>>& before,
                              std::vector<std::shared_ptr<const Source>>& after) {
  SourceChanges changes;
  std::map<std::string_view, std::shared_ptr<const Source>> gone;
  for (const auto& source : before) gone.emplace(source->name, source);
  for (auto& source : after) {
    const auto known = gone.find(source->name);
    if (known == gone.end()) {
      changes.added.push_back(source->name);
      continue;
    }
    if (same(*known->second, *source)) {
      source = known->second;
    } else {
      changes.changed.push_back(source->name);
    }
    gone.erase(known);
  }
  for (const auto& [name, source] : gone) changes.removed.emplace_back(name);
  return changes;
}

std::vector<std::string> needing_restart(const Config& before, const Config& after) {
  std::vector<std::string> sections;
  if (before.group != after.group) sections.emplace_back("group");
  if (before.kafka != after.kafka) sections.emplace_back("kafka");
  if (before.offsets != after.offsets) sections.emplace_back("offsets");
  if (before.heartbeats != after.heartbeats) sections.emplace_back("heartbeats");
  if (before.http != after.http) sections.emplace_back("http");
  if (before.metrics != after.metrics) sections.emplace_back("metrics");
  if (before.log != after.log) sections.emplace_back("log");
  return sections;
}

}  // namespace auditstream::config
