#include "core/blocked_sources.h"

#include <algorithm>
#include <utility>

#include "core/backoff.h"

namespace auditstream::core {

void BlockedSources::hold(const std::string& source, const std::string& topic, std::string why, Now now) {
  BlockedSource& blocked = sources_[source];
  if (!blocked.last_error.since) blocked.last_error.since = now.wall;
  blocked.last_error.text = std::move(why);
  ++blocked.last_error.attempts;
  blocked.topic = topic;
  blocked.on_trial = false;
}

bool BlockedSources::leave_alone(const std::string& name, const std::optional<std::string>& to_everybody,
                                 Now now) {
  Topic& topic = topics_[name];
  topic.to_everybody = to_everybody;
  const int attempts = ++topic.attempts;
  topic.until = now.steady + backoff(first_, attempts, most_);
  topic.offered = false;
  return (attempts & (attempts - 1)) == 0;
}

const std::string* BlockedSources::takes_nothing(std::string_view topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() || !found->second.to_everybody ? nullptr : &*found->second.to_everybody;
}

std::map<std::string, BlockedSource> BlockedSources::release(std::string_view source) {
  std::map<std::string, BlockedSource> free;
  const auto found = sources_.find(source);
  if (found == sources_.end()) return free;
  const std::string topic = found->second.topic;
  const bool all = topics_[topic].to_everybody.has_value();
  for (auto blocked = sources_.begin(); blocked != sources_.end();) {
    if (blocked != found && !(all && blocked->second.topic == topic)) {
      ++blocked;
      continue;
    }
    free.emplace(blocked->first, std::move(blocked->second));
    blocked = sources_.erase(blocked);
  }
  topics_[topic] = {};  // no more backoff: its other sources may try at once
  return free;
}

void BlockedSources::forget(std::string_view source) {
  end_trial(source);
  if (const auto found = sources_.find(source); found != sources_.end()) sources_.erase(found);
}

bool BlockedSources::any_for(std::string_view topic) const {
  return std::ranges::any_of(sources_, [&](const auto& entry) { return entry.second.topic == topic; });
}

const BlockedSource* BlockedSources::find(std::string_view source) const {
  const auto found = sources_.find(source);
  return found == sources_.end() ? nullptr : &found->second;
}

bool BlockedSources::admit(std::string_view source, Now now) {
  const auto found = sources_.find(source);
  if (found == sources_.end() || found->second.on_trial) return true;
  const std::string& topic = found->second.topic;
  if (now.steady < topics_[topic].until) return false;
  for (const auto& [name, blocked] : sources_) {
    if (blocked.on_trial && blocked.topic == topic) return false;
  }
  found->second.on_trial = true;
  return true;
}

void BlockedSources::end_trial(std::string_view source) {
  const auto found = sources_.find(source);
  if (found == sources_.end() || !std::exchange(found->second.on_trial, false)) return;
  topics_[found->second.topic].offered = false;
}

void BlockedSources::end_trials() {
  for (auto& [name, blocked] : sources_) blocked.on_trial = false;
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
