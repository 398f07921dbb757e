#include "kafka/cluster.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <set>

#include "core/envelope.h"
#include "core/offsets_view.h"
#include "kafka/access_probe.h"
#include "kafka/hang_up.h"
#include "kafka/offsets_reader.h"
#include "kafka/topic_creation.h"
#include "kafka/topic_fit.h"

namespace auditstream::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int request_ms = 10'000;
constexpr Duration first_look = 1s;     // by then it is clear whether a broker refuses us
constexpr auto visible_deadline = 30s;  // a new topic may take a while to be known everywhere

int milliseconds(Duration duration) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

Result<ClientHandle> make_admin(const Connection& connection) {
  return make_client(RD_KAFKA_PRODUCER, connection, {{"socket.timeout.ms", "10000"}}, {});
}

// Does not wait if only a person can fix it.
Result<MetadataHandle> metadata(rd_kafka_t* client, const Connection& connection, Duration timeout) {
  const auto deadline = Clock::now() + timeout;
  for (Duration patience = std::min(timeout, first_look);;
       patience = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now())) {
    const rd_kafka_metadata_t* found = nullptr;
    const rd_kafka_resp_err_t error = rd_kafka_metadata(client, 1, nullptr, &found, milliseconds(patience));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return MetadataHandle(found);
    const std::optional<Error> broker = last_broker_error(client, connection.properties);
    if (Clock::now() >= deadline || (broker && broker->lasts()))
      return broker.value_or(Error{rd_kafka_err2str(error)});
  }
}

// Topic name to partition count.
using Topics = std::map<std::string, int>;

Topics topics_of(const rd_kafka_metadata_t& metadata) {
  Topics topics;
  for (int i = 0; i < metadata.topic_cnt; ++i) {
    if (metadata.topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
      topics[metadata.topics[i].topic] = metadata.topics[i].partition_cnt;
  }
  return topics;
}

struct Description {
  std::map<std::string, TopicConfig> configs;  // by topic, or by broker
  std::vector<std::string> denied;             // these need an ACL
};

Result<Description> describe(rd_kafka_t* client, const std::set<std::string>& names,
                             rd_kafka_ResourceType_t type = RD_KAFKA_RESOURCE_TOPIC) {
  std::vector<ConfigResourceHandle> owned;
  std::vector<rd_kafka_ConfigResource_t*> resources;
  for (const std::string& name : names) {
    owned.emplace_back(rd_kafka_ConfigResource_new(type, name.c_str()));
    resources.push_back(owned.back().get());
  }
  const QueueHandle queue(rd_kafka_queue_new(client));
  rd_kafka_DescribeConfigs(client, resources.data(), resources.size(), nullptr, queue.get());
  const EventHandle event(rd_kafka_queue_poll(queue.get(), 2 * request_ms));
  if (!event) return Error{"no answer to the question for the topics' configs"};
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Error{rd_kafka_event_error_string(event.get())};
  Description description;
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** results =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigResource_name(results[i]);
    const rd_kafka_resp_err_t error = rd_kafka_ConfigResource_error(results[i]);
    if (is_denial(error)) description.denied.push_back(name);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    TopicConfig& config = description.configs[name];
    std::size_t entries = 0;
    const rd_kafka_ConfigEntry_t** entry = rd_kafka_ConfigResource_configs(results[i], &entries);
    for (std::size_t j = 0; j < entries; ++j) {
      const char* value = rd_kafka_ConfigEntry_value(entry[j]);
      if (value != nullptr) config[rd_kafka_ConfigEntry_name(entry[j])] = value;
    }
  }
  return description;
}

std::vector<Wanted> wanted_topics(const config::Config& config) {
  Wanted cursors{config.offsets.topic,
                 config.offsets.partitions,
                 config.offsets.replication_factor,
                 config.offsets.config,
                 {// A broker refuses a record from its future; our clock may be ahead.
                  {"message.timestamp.type", "LogAppendTime"},
                  {"segment.bytes", "67108864"},
                  {"segment.ms", "3600000"},
                  {"min.cleanable.dirty.ratio", "0.1"},
                  {"delete.retention.ms", "3600000"},
                  {"unclean.leader.election.enable", "false"}},
                 "offsets.partitions, offsets.replication_factor or offsets.config"};
  cursors.needed["cleanup.policy"] = "compact";
  std::vector<Wanted> wanted{std::move(cursors)};
  std::set<std::string> names;
  const auto add = [&](const std::string& name, const Wanted::Properties& needed,
                       const Wanted::Properties& wished) {
    if (!names.insert(name).second) return;
    wanted.push_back({name, config.topics.partitions, config.topics.replication_factor, needed, wished,
                      "topics.partitions, topics.replication_factor or topics.config"});
  };
  // Dead letters are what was too large for an event topic, too.
  Wanted::Properties of_letters = config.topics.config;
  of_letters.erase("max.message.bytes");
  for (const auto& source : config.sources) {
    add(source->topic, config.topics.config, {});
    add(source->dead_letter_topic, of_letters,
        {{"max.message.bytes", std::to_string(core::dead_letter_record_bytes_max)}});
  }
  if (config.heartbeats) {
    // One partition: a consumer that goes by time must not wait for one that no source's name leads to.
    Wanted::Properties of_heartbeats = of_letters;
    of_heartbeats.erase("cleanup.policy");
    wanted.push_back({config.heartbeats->topic,
                      1,
                      config.topics.replication_factor,
                      std::move(of_heartbeats),
                      {},
                      "topics.replication_factor or topics.config"});
  }
  return wanted;
}

// The property that lifts a cluster's age limit for a new topic. Nothing if the cluster shows no limit: some
// services refuse properties that they don't know.
std::optional<std::pair<std::string, std::string>> no_age_limit(rd_kafka_t* client,
                                                                const rd_kafka_metadata_t& cluster) {
  if (cluster.broker_cnt == 0) return std::nullopt;
  const std::string broker = std::to_string(cluster.brokers[0].id);
  const Result<Description> described = describe(client, {broker}, RD_KAFKA_RESOURCE_BROKER);
  if (!described.ok() || !described->configs.contains(broker)) return std::nullopt;
  const std::optional<std::string> property = age_limit(described->configs.at(broker), "log.");
  if (!property) return std::nullopt;
  return std::pair{*property, std::to_string(std::numeric_limits<std::int64_t>::max())};
}

// The offsets topic must keep the last record of each key for ever, and a source's partition must never
// change.
std::optional<std::string> offsets_topic_mistake(const config::Config& config, int partitions,
                                                 const TopicConfig* settings) {
  const std::string& name = config.offsets.topic;
  if (partitions != config.offsets.partitions) {
    return "offsets.partitions: " + std::to_string(config.offsets.partitions) + ", but topic " + name +
           " has " + std::to_string(partitions) +
           " partitions: a source's partition depends on the count, so set offsets.partitions to " +
           std::to_string(partitions) + ", or choose another offsets.topic (all sources then start again)";
  }
  if (settings != nullptr && settings->contains("cleanup.policy") &&
      settings->at("cleanup.policy") != "compact") {
    return "offsets.topic: " + name + " has cleanup.policy=" + settings->at("cleanup.policy") +
           ", which would delete cursors: set it to exactly \"compact\" (kafka-configs.sh --alter --topic " +
           name + " --add-config cleanup.policy=compact)";
  }
  return std::nullopt;
}

// What a run needs and Kafka denies, found out before anything is polled. `topics` are visible.
std::vector<Access> denied_to_run(const Connection& connection, const config::Config& config,
                                  const Topics& topics) {
  std::vector<std::string> written;
  for (const Wanted& topic : wanted_topics(config)) {
    if (topics.contains(topic.name)) written.push_back(topic.name);
  }
  std::vector<Access> denied = membership_denied(connection, config.group, config.offsets.topic);
  std::vector<std::string> unwritable_topics = unwritable(connection, written);
  if (!unwritable_topics.empty()) denied.push_back(topic_access({"Write"}, std::move(unwritable_topics)));
  if (ownership_denied(connection, config.group, config.offsets.topic))
    denied.push_back(owner_access(config.group, config.offsets.topic));
  return denied;
}

// To see topics. Whoever can't see a topic can't use it, either.
std::vector<Access> denied_to_see(const config::Config& config, const std::vector<std::string>& hidden) {
  std::vector<Access> denied;
  std::vector<std::string> written;
  for (const std::string& name : hidden) {
    if (name == config.offsets.topic) {
      denied.push_back(topic_access({"Describe", "Read", "Write"}, {name}));
    } else {
      written.push_back(name);
    }
  }
  if (!written.empty()) denied.push_back(topic_access({"Describe", "Write"}, std::move(written)));
  return denied;
}

Error error_of(const std::vector<Access>& denied, const Properties& properties) {
  std::string message;
  for (const Access& access : denied) message += (message.empty() ? "" : "\n") + denial(access, properties);
  return {std::move(message), ErrorKind::misconfigured};
}

// Nothing must be published to a topic that would forget it.
Status keeps_logs(const config::Config& config, const std::map<std::string, TopicConfig>& topics) {
  std::string message;
  for (const std::string& sentence : logs_to_destroy(config, topics))
    message += (message.empty() ? "" : "\n") + sentence;
  if (message.empty()) return success();
  return Error{std::move(message), ErrorKind::misconfigured};
}

// Known once metadata has been received.
std::string cluster_id(rd_kafka_t* client) {
  char* const id = rd_kafka_clusterid(client, request_ms);
  std::string text = id == nullptr ? "" : id;
  rd_kafka_mem_free(client, id);
  return text;
}

}  // namespace

Status Cluster::reach(Duration timeout) const {
  Result<ClientHandle> client = make_admin(connection_);
  if (!client.ok()) return client.error();
  const Result<MetadataHandle> found = metadata(client->get(), connection_, timeout);
  if (found.ok()) return success();
  if (found.error().kind == ErrorKind::uncertain &&
      hangs_up_unasked(connection_.properties.at("bootstrap.servers"))) {
    return Error{
        "connections are taken and ended before anything is said: a proxy or load balancer whose "
        "brokers are away (" +
        found.error().message + ")"};
  }
  return found.error();
}

Result<ClusterFacts> Cluster::prepare(const config::Config& config, bool may_create) const {
  Result<ClientHandle> made = make_admin(connection_);
  if (!made.ok()) return made.error();
  rd_kafka_t* client = made->get();
  const Result<MetadataHandle> before = metadata(client, connection_, std::chrono::milliseconds(request_ms));
  if (!before.ok()) return before.error();
  Topics topics = topics_of(**before);

  ClusterFacts facts;
  facts.cluster_id = cluster_id(client);
  const std::vector<Wanted> wanted = wanted_topics(config);
  std::vector<std::string> unseen;
  for (const Wanted& topic : wanted) {
    if (!topics.contains(topic.name)) unseen.push_back(topic.name);
  }
  const std::vector<std::string> hidden = invisible(connection_, unseen);
  std::vector<Access> denied = denied_to_see(config, hidden);
  std::vector<Wanted> missing;
  std::ranges::copy_if(wanted, std::back_inserter(missing), [&](const Wanted& topic) {
    return !topics.contains(topic.name) && std::ranges::count(hidden, topic.name) == 0;
  });
  std::map<std::string, TopicConfig> to_come;
  for (const Wanted& topic : missing) to_come.emplace(topic.name, topic.needed);
  if (const Status kept = keeps_logs(config, to_come); !kept.ok()) return kept.error();
  const bool only_try = !may_create || !denied.empty();
  std::map<std::string, TopicConfig> given;  // to those that `run` creates
  if (!missing.empty()) {
    if (const auto lifted = no_age_limit(client, **before)) {
      for (Wanted& topic : missing) {
        if (topic.name != config.offsets.topic) topic.wished.insert(*lifted);
      }
    }
    Result<Creation> creation = create_topics(client, missing, only_try);
    if (!creation.ok()) return creation.error();
    if (!creation->denied.empty()) denied.push_back(topic_access({"Create"}, creation->denied));
    if (!creation->errors.empty()) {
      std::string message;
      for (const auto& [name, error] : creation->errors) message += (message.empty() ? "" : "\n") + error;
      for (const std::string& warning : creation->warnings) message += "\n" + warning;
      return Error{std::move(message), ErrorKind::misconfigured};
    }
    std::ranges::move(creation->warnings, std::back_inserter(facts.warnings));
    given = std::move(creation->given);
  }
  if (!only_try && denied.empty()) {
    const auto deadline = Clock::now() + visible_deadline;
    while (std::ranges::any_of(missing, [&](const Wanted& topic) { return !topics.contains(topic.name); })) {
      if (Clock::now() > deadline) return Error{"the new topics do not become visible"};
      const Result<MetadataHandle> now = metadata(client, connection_, std::chrono::milliseconds(request_ms));
      if (now.ok()) topics = topics_of(**now);
    }
  }

  for (Access& access : denied_to_run(connection_, config, topics)) {
    const bool told = access.resource == Resource::topic && std::ranges::count(hidden, access.names[0]) > 0;
    if (!told) denied.push_back(std::move(access));
  }
  if (!denied.empty()) return error_of(denied, connection_.properties);

  std::set<std::string> names;
  for (const Wanted& topic : wanted) {
    if (topics.contains(topic.name)) names.insert(topic.name);
  }
  std::map<std::string, TopicConfig> configs;
  if (!names.empty()) {
    Result<Description> described = describe(client, names);
    if (described.ok()) {
      configs = std::move(described->configs);
      if (!described->denied.empty()) {
        facts.warnings.push_back(
            "the configs of some topics can't be read, so they are not checked: " +
            denial(topic_access({"DescribeConfigs"}, described->denied), connection_.properties));
      }
    } else {
      facts.warnings.push_back("the topics' configs can't be read, so they are not checked: " +
                               described.error().message);
    }
  }
  for (const auto& [name, properties] : given) {
    if (!topics.contains(name)) configs.emplace(name, properties);
  }
  if (topics.contains(config.offsets.topic)) {
    const auto found = configs.find(config.offsets.topic);
    const auto mistake = offsets_topic_mistake(config, topics.at(config.offsets.topic),
                                               found == configs.end() ? nullptr : &found->second);
    if (mistake) return Error{*mistake, ErrorKind::misconfigured};
  }
  if (const Status kept = keeps_logs(config, configs); !kept.ok()) return kept.error();
  for (const auto& source : config.sources) {
    for (const std::string& topic : {source->topic, source->dead_letter_topic}) {
      const auto found = configs.find(topic);
      if (found == configs.end()) continue;
      if (const auto bytes = number(found->second, "max.message.bytes")) {
        facts.record_bytes_max[topic] = static_cast<std::size_t>(*bytes);
      }
    }
  }
  const Time now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  std::ranges::move(misfits(config, configs, now), std::back_inserter(facts.warnings));
  return facts;
}

Result<std::vector<core::RecordMap>> Cluster::read_offsets(const std::string& topic, Duration timeout) const {
  const auto deadline = Clock::now() + timeout;
  const Result<OffsetsReader> reader =
      OffsetsReader::make(connection_, topic, "auditstream-look", {{"fetch.wait.max.ms", "10"}});
  if (!reader.ok()) return reader.error();
  const Result<MetadataHandle> found = metadata(reader->handle(), connection_, timeout);
  if (!found.ok()) return found.error();
  const Topics topics = topics_of(**found);
  if (!topics.contains(topic)) {
    if (invisible(connection_, {topic}).empty()) return std::vector<core::RecordMap>{};
    return Error{denial(topic_access({"Describe", "Read"}, {topic}), connection_.properties),
                 ErrorKind::misconfigured};
  }
  const int count = topics.at(topic);
  OffsetsReader::Offsets from;
  for (int partition = 0; partition < count; ++partition) from[partition] = RD_KAFKA_OFFSET_BEGINNING;
  std::vector<core::RecordMap> records(static_cast<std::size_t>(count));
  const Status read = reader->read_to_end(
      from,
      [&](const OffsetsRecord& record) {
        core::apply(records[static_cast<std::size_t>(record.partition)], record.key, record.value);
        return true;
      },
      [&] { return Clock::now() <= deadline; });
  if (read.ok()) return records;
  if (read.error().lasts()) return read.error();
  const std::string& why = read.error().message;
  return Error{"can't read " + topic + " to its end: " + (why.empty() ? "timed out" : why)};
}

std::map<std::string, std::size_t> record_bytes_max(const Connection& connection,
                                                    const std::set<std::string>& topics) {
  std::map<std::string, std::size_t> all;
  const Result<ClientHandle> made = make_client(RD_KAFKA_PRODUCER, connection, {}, {});
  if (!made.ok()) return all;
  const Result<Description> described = describe(made->get(), topics);
  if (!described.ok()) return all;
  for (const auto& [topic, config] : described->configs) {
    if (const auto bytes = number(config, "max.message.bytes")) all[topic] = static_cast<std::size_t>(*bytes);
  }
  return all;
}

}  // namespace auditstream::kafka
