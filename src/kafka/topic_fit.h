// TopicFit: whether the topics, as Kafka has them, keep what the sources publish. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "auditstream/time.h"
#include "config/config.h"

namespace auditstream::kafka {

using TopicConfig = std::map<std::string, std::string>;

// A property of a topic, as Kafka spells it; nothing if it isn't there or is no number.
std::optional<long long> number(const TopicConfig& config, const std::string& name);

// The property by which a topic, or with "log." in front of it a broker, refuses records that are too old;
// nothing where it does not.
std::optional<std::string> age_limit(const TopicConfig& config, const std::string& prefix = "");

// What will be deleted, merged away or refused, and the remedy: a sentence for each topic and kind.
std::vector<std::string> misfits(const config::Config& config,
                                 const std::map<std::string, TopicConfig>& topics, Time now);

}  // namespace auditstream::kafka
