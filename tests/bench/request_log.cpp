#include "bench/request_log.h"

#include <algorithm>

namespace auditstream::bench {

void RequestLog::add(Time time, std::string_view key) {
  const auto [found, added] =
      numbers_.try_emplace(std::string(key), static_cast<std::uint32_t>(names_.size()));
  if (added) names_.push_back(found->first);
  entries_.push_back({time, found->second});
}

std::string RequestLog::text_since(Time since) const {
  std::string text;
  for (auto entry = std::ranges::lower_bound(entries_, since, {}, &Entry::time); entry != entries_.end();
       ++entry) {
    text += std::to_string(entry->time.time_since_epoch().count());
    text += ' ';
    text += names_[entry->key];
    text += '\n';
  }
  return text;
}

}  // namespace auditstream::bench
