// TopicFit: whether the topics, as Kafka has configured them, keep what the sources publish, and whether its
// consumers see it in time. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "auditstream/time.h"
#include "config/config.h"
#include "core/offsets_view.h"

namespace auditstream::kafka {

using TopicConfig = std::map<std::string, std::string>;

// A property of a topic, by Kafka's name; nothing if it is missing or no number.
std::optional<long long> number(const TopicConfig& config, const std::string& name);

// The property by which a topic, or with the prefix "log." a broker, refuses records that are too old;
// nothing if it refuses none.
std::optional<std::string> age_limit(const TopicConfig& config, const std::string& prefix = "");

// Why compaction would destroy a log: a topic keeps only the last event of each key, and the key of an
// enabled source is not the event's id. A sentence for each topic, with the remedy.
std::vector<std::string> logs_to_destroy(const config::Config& config,
                                         const std::map<std::string, TopicConfig>& topics);

// What a backfill by id does to consumers with windows: one sentence for all enabled sources that are about
// to begin one, because they have no cursor yet. Nothing if there are none.
std::optional<std::string> windows_at_risk(const config::Config& config, const core::OffsetsView& offsets,
                                           Time now);

// What will be deleted, compacted away or refused, with the remedy: a sentence for each topic and kind.
std::vector<std::string> misfits(const config::Config& config,
                                 const std::map<std::string, TopicConfig>& topics, Time now);

}  // namespace auditstream::kafka
