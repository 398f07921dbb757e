// TopicFit: whether the topics, as Kafka has configured them, keep what the sources publish. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "auditstream/time.h"
#include "config/config.h"

namespace auditstream::kafka {

using TopicConfig = std::map<std::string, std::string>;

// A property of a topic, by Kafka's name; nothing if it is missing or no number.
std::optional<long long> number(const TopicConfig& config, const std::string& name);

// The property by which a topic, or with the prefix "log." a broker, refuses records that are too old;
// nothing if it refuses none.
std::optional<std::string> age_limit(const TopicConfig& config, const std::string& prefix = "");

// What will be deleted, compacted away or refused, with the remedy: a sentence for each topic and kind.
std::vector<std::string> misfits(const config::Config& config,
                                 const std::map<std::string, TopicConfig>& topics, Time now);

}  // namespace auditstream::kafka
