#include "core/blocked_sources.h"

#include <algorithm>
#include <utility>

namespace auditstream::core {

void BlockedSources::hold(const std::string& source, const std::string& topic, std::string why, Now now) {
  BlockedSource& held = blocked_sources_[source];
  if (!held.trouble.since) held.trouble.since = now.wall;
  held.trouble.text = std::move(why);
  ++held.trouble.attempts;
  held.topic = topic;
  held.on_trial = false;
}

bool BlockedSources::leave_alone(const std::string& name, const std::optional<std::string>& to_everybody,
                                 Now now) {
  Topic& topic = topics_[name];
  topic.to_everybody = to_everybody;
  Duration wait = first_;
  for (int i = 0; i < topic.attempts && wait < most_; ++i) wait *= 2;
  topic.until = now.steady + std::min(wait, most_);
  topic.offered = false;
  const int attempts = ++topic.attempts;
  return (attempts & (attempts - 1)) == 0;
}

const std::string* BlockedSources::takes_nothing(std::string_view topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() || !found->second.to_everybody ? nullptr : &*found->second.to_everybody;
}

std::map<std::string, BlockedSource> BlockedSources::release(std::string_view source) {
  std::map<std::string, BlockedSource> free;
  const auto found = blocked_sources_.find(source);
  if (found == blocked_sources_.end()) return free;
  const std::string topic = found->second.topic;
  const bool all = topics_[topic].to_everybody.has_value();
  for (auto held = blocked_sources_.begin(); held != blocked_sources_.end();) {
    if (held != found && !(all && held->second.topic == topic)) {
      ++held;
      continue;
    }
    free.emplace(held->first, std::move(held->second));
    held = blocked_sources_.erase(held);
  }
  topics_[topic] = {};  // the others have their turn
  return free;
}

void BlockedSources::forget(std::string_view source) {
  end_trial(source);
  if (const auto found = blocked_sources_.find(source); found != blocked_sources_.end())
    blocked_sources_.erase(found);
}

bool BlockedSources::any_for(std::string_view topic) const {
  return std::ranges::any_of(blocked_sources_,
                             [&](const auto& entry) { return entry.second.topic == topic; });
}

const BlockedSource* BlockedSources::find(std::string_view source) const {
  const auto found = blocked_sources_.find(source);
  return found == blocked_sources_.end() ? nullptr : &found->second;
}

bool BlockedSources::admit(std::string_view source, Now now) {
  const auto found = blocked_sources_.find(source);
  if (found == blocked_sources_.end() || found->second.on_trial) return true;
  const std::string& topic = found->second.topic;
  if (now.steady < topics_[topic].until) return false;
  for (const auto& [name, held] : blocked_sources_) {
    if (held.on_trial && held.topic == topic) return false;
  }
  found->second.on_trial = true;
  return true;
}

void BlockedSources::end_trial(std::string_view source) {
  const auto found = blocked_sources_.find(source);
  if (found == blocked_sources_.end() || !std::exchange(found->second.on_trial, false)) return;
  topics_[found->second.topic].offered = false;
}

void BlockedSources::end_trials() {
  for (auto& [name, held] : blocked_sources_) held.on_trial = false;
  for (auto& [name, topic] : topics_) topic.offered = false;
}

Steady BlockedSources::due() const {
  Steady due = Steady::max();
  for (const auto& [name, topic] : topics_) {
    if (!topic.offered) due = std::min(due, topic.until);
  }
  return due;
}

void BlockedSources::offered(Now now) {
  for (auto& [name, topic] : topics_) {
    if (topic.until <= now.steady) topic.offered = true;
  }
}

}  // namespace auditstream::core
