#include "kafka/topic_fit.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

namespace auditstream::kafka {
namespace {

using Sources = std::vector<std::shared_ptr<const Source>>;

// In Kafka 3.6 and later; before.
constexpr const char* age_limits[] = {"message.timestamp.before.max.ms",
                                      "message.timestamp.difference.max.ms"};

std::string days(long long milliseconds) {
  return readable_duration(std::chrono::milliseconds(milliseconds));
}

std::string alter(const std::string& topic, const std::string& setting) {
  return "kafka-configs.sh --alter --topic " + topic + " --add-config " + setting;
}

// A backfill that reaches back no further is not worth a warning.
constexpr Duration short_backfill = 1h;

// How old the source's next records may be, published before or not.
Time oldest_of(const Source& source, Time now) {
  return source.backfill_start_time.value_or(now - source.overlap);
}

// The source that reaches back furthest.
const Source& furthest(const Sources& sources, Time now) {
  return **std::ranges::min_element(sources, {},
                                    [now](const auto& source) { return oldest_of(*source, now); });
}

// "source a", "sources a, b and 3 others"
std::string named(const Sources& sources) {
  std::string text = sources.size() == 1 ? "source " : "sources ";
  constexpr std::size_t named_max = 3;
  for (std::size_t i = 0; i < std::min(sources.size(), named_max); ++i)
    text += (i == 0 ? "" : ", ") + sources[i]->name;
  if (sources.size() > named_max) text += " and " + std::to_string(sources.size() - named_max) + " others";
  return text;
}

std::optional<std::string> too_short(const std::string& topic, const TopicConfig& config,
                                     const Sources& sources, Time now) {
  const std::optional<long long> retention = number(config, "retention.ms");
  const Source& source = furthest(sources, now);
  if (!retention || *retention < 0 || !source.backfill_start_time) return std::nullopt;
  if (*source.backfill_start_time >= now - std::chrono::milliseconds(*retention)) return std::nullopt;
  return "topic " + topic + " keeps records for " + days(*retention) + " (retention.ms), but source " +
         source.name + " reads back to " + format_rfc3339(*source.backfill_start_time) +
         ": Kafka deletes older events soon after they are published; set retention.ms=-1 on the topic (" +
         alter(topic, "retention.ms=-1") + ")";
}

std::optional<std::string> too_old(const std::string& topic, const TopicConfig& config,
                                   const Sources& sources, Time now) {
  const std::optional<std::string> property = age_limit(config);
  if (!property) return std::nullopt;
  const long long limit = number(config, *property).value();
  const Source& source = furthest(sources, now);
  if (oldest_of(source, now) >= now - std::chrono::milliseconds(limit)) return std::nullopt;
  return "topic " + topic + " refuses records that are older than " + days(limit) + " (" + *property +
         "), but source " + source.name + " reads back to " + format_rfc3339(oldest_of(source, now)) +
         ": it will stand still there; lift the limit with " +
         alter(topic, *property + "=" + std::to_string(std::numeric_limits<long long>::max()));
}

bool read_beside_the_present(const std::shared_ptr<const Source>& source) {
  return source->history_alongside;
}
bool keyed_by_id(const std::shared_ptr<const Source>& source) { return source->key == "id"; }

// "topic T has cleanup.policy=P: Kafka keeps only the last record of each key"; nothing if it is not so.
std::optional<std::string> keeps_the_last_of_a_key(const std::string& topic, const TopicConfig& config) {
  const auto policy = config.find("cleanup.policy");
  if (policy == config.end() || policy->second.find("compact") == std::string::npos) return std::nullopt;
  return "topic " + topic + " has cleanup.policy=" + policy->second +
         ": Kafka keeps only the last record of each key";
}

std::string no_events_own(const Source& source) { return "no event's own (key: " + source.key + ")"; }

// Ids are unique only within one vendor's log.
std::optional<std::string> compacted(const std::string& topic, const TopicConfig& config,
                                     const Sources& sources, bool dead_letters) {
  const std::optional<std::string> compaction = keeps_the_last_of_a_key(topic, config);
  if (!compaction) return std::nullopt;
  if (!dead_letters && sources.size() == 1 && keyed_by_id(sources[0])) return std::nullopt;
  const std::string keys =
      std::ranges::all_of(sources, keyed_by_id)
          ? "the event's id, which those of another source, or several dead letters, may share"
          : no_events_own(**std::ranges::find_if_not(sources, keyed_by_id));
  return *compaction + ", and the key of " + named(sources) + " is " + keys +
         ": the others will be deleted; set it to delete (" + alter(topic, "cleanup.policy=delete") + ")";
}

// Kafka's default is false; some companies' is not.
std::optional<std::string> may_lose(const std::string& topic, const TopicConfig& config) {
  constexpr const char* property = "unclean.leader.election.enable";
  const auto found = config.find(property);
  if (found == config.end() || found->second != "true") return std::nullopt;
  return "topic " + topic + " has " + property +
         "=true: a replica that lags may become leader, and then Kafka loses records that were committed; set it to "
         "false (" +
         alter(topic, std::string(property) + "=false") + ")";
}

}  // namespace

std::optional<long long> number(const TopicConfig& config, const std::string& name) {
  const auto found = config.find(name);
  if (found == config.end()) return std::nullopt;
  try {
    return std::stoll(found->second);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

// A topic with the broker's timestamps has no age limit for ours.
std::optional<std::string> age_limit(const TopicConfig& config, const std::string& prefix) {
  const auto type = config.find(prefix + "message.timestamp.type");
  if (type != config.end() && type->second == "LogAppendTime") return std::nullopt;
  // A limit that exceeds a Duration is none.
  constexpr long long unlimited =
      std::chrono::duration_cast<std::chrono::milliseconds>(Duration::max()).count();
  for (const char* name : age_limits) {
    const std::optional<long long> limit = number(config, prefix + name);
    if (limit && *limit >= 0 && *limit < unlimited) return name;
  }
  return std::nullopt;
}

std::vector<std::string> logs_to_destroy(const config::Config& config,
                                         const std::map<std::string, TopicConfig>& topics) {
  std::map<std::string, Sources> keyed_otherwise;
  for (const auto& source : config.sources) {
    if (source->enabled && !keyed_by_id(source)) keyed_otherwise[source->topic].push_back(source);
  }
  std::vector<std::string> all;
  for (const auto& [topic, sources] : keyed_otherwise) {
    const auto found = topics.find(topic);
    if (found == topics.end()) continue;
    const std::optional<std::string> compaction = keeps_the_last_of_a_key(topic, found->second);
    if (!compaction) continue;
    all.push_back(*compaction + ", and the key of " + named(sources) + " is " + no_events_own(*sources[0]) +
                  ", so compaction would destroy the log; set key: id, or set cleanup.policy to delete: in "
                  "topics.config for a topic that is yet to be made, else with " +
                  alter(topic, "cleanup.policy=delete"));
  }
  const auto heartbeats = config.heartbeats ? topics.find(config.heartbeats->topic) : topics.end();
  if (heartbeats != topics.end()) {
    const auto& [topic, properties] = *heartbeats;
    if (const std::optional<std::string> compaction = keeps_the_last_of_a_key(topic, properties)) {
      all.push_back(
          *compaction +
          ", and the key of a heartbeat is its source, so compaction would destroy their series; set it to "
          "delete (" +
          alter(topic, "cleanup.policy=delete") + "), or choose another heartbeats.topic");
    }
  }
  return all;
}

std::optional<std::string> windows_at_risk(const config::Config& config, const core::OffsetsView& offsets,
                                           Time now) {
  Sources sources;
  for (const auto& source : config.sources) {
    const bool begins = source->enabled && !offsets.cursors().contains(source->name);
    const bool out_of_order = keyed_by_id(source) || read_beside_the_present(source);
    if (begins && out_of_order && source->backfill_start_time &&
        *source->backfill_start_time < now - short_backfill)
      sources.push_back(source);
  }
  if (sources.empty()) return std::nullopt;
  const Source& source = furthest(sources, now);
  return named(sources) + " will be read back to " + format_rfc3339(*source.backfill_start_time) +
         (std::ranges::any_of(sources, read_beside_the_present)
              ? " beside what happens now (backfill: alongside)"
              : "") +
         (std::ranges::any_of(sources, keyed_by_id) ? ", spread over all partitions (key: id)" : "") +
         ": a consumer that closes windows by time (such as Kafka Streams or ksqlDB) drops much of it as late; for such "
         "a consumer set backfill: first and key: actor, or give its windows a grace period as long as the backfill, " +
         readable_duration(now - *source.backfill_start_time) + ", or close them by heartbeats";
}

std::vector<std::string> misfits(const config::Config& config,
                                 const std::map<std::string, TopicConfig>& topics, Time now) {
  std::map<std::string, Sources> events, dead_letters;
  for (const auto& source : config.sources) {
    events[source->topic].push_back(source);
    dead_letters[source->dead_letter_topic].push_back(source);
  }
  std::vector<std::string> all;
  const auto add = [&](std::optional<std::string> sentence) {
    if (sentence) all.push_back(*std::move(sentence));
  };
  for (const auto& [topic, sources] : events) {
    const auto found = topics.find(topic);
    if (found == topics.end()) continue;
    add(too_short(topic, found->second, sources, now));
    add(too_old(topic, found->second, sources, now));
    add(compacted(topic, found->second, sources, false));
    add(may_lose(topic, found->second));
  }
  for (const auto& [topic, sources] : dead_letters) {
    const auto found = topics.find(topic);
    if (found == topics.end()) continue;
    add(too_old(topic, found->second, sources, now));
    add(compacted(topic, found->second, sources, true));
    add(may_lose(topic, found->second));
  }
  std::vector<std::string> others{config.offsets.topic};
  if (config.heartbeats) others.push_back(config.heartbeats->topic);
  for (const std::string& name : others) {
    if (const auto found = topics.find(name); found != topics.end()) add(may_lose(name, found->second));
  }
  return all;
}

}  // namespace auditstream::kafka
