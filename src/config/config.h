// The configuration file: from YAML to validated values, or every mistake at once. Reads files and the
// environment.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/result.h"
#include "auditstream/time.h"

namespace auditstream::config {

// The section `topics:`.
struct TopicSettings {
  std::string events = "audit.{vendor}";
  std::string dead_letters = "audit.{vendor}.dlq";
  int partitions = 6;
  int replication_factor = -1;
  std::map<std::string, std::string> config{{"retention.ms", "-1"}};
  friend bool operator==(const TopicSettings&, const TopicSettings&) = default;
};

// The section `offsets:`.
struct OffsetsSettings {
  std::string topic = "auditstream-offsets";
  int partitions = 12;
  int replication_factor = -1;
  std::map<std::string, std::string> config{};  // for the topic when it is created
  friend bool operator==(const OffsetsSettings&, const OffsetsSettings&) = default;
};

// The section `heartbeats:`.
struct HeartbeatSettings {
  std::string topic = "audit.heartbeat";
  Duration interval = std::chrono::seconds(30);
  friend bool operator==(const HeartbeatSettings&, const HeartbeatSettings&) = default;
};

struct HttpSettings {
  std::string listen = "127.0.0.1:8083";  // or "off"
  Secret token;
  std::vector<std::string> hosts;
  friend bool operator==(const HttpSettings&, const HttpSettings&) = default;
};

// The section `metrics:`.
struct MetricsSettings {
  bool per_source = true;  // false: totals of all sources of a vendor
  friend bool operator==(const MetricsSettings&, const MetricsSettings&) = default;
};

struct LogSettings {
  std::string level = "info";   // debug | info | warn | error
  std::string format = "text";  // text | json
  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

// The whole, validated config.
struct Config {
  std::string group = "auditstream";
  std::map<std::string, std::string> kafka;  // librdkafka properties; values may be secrets: never print them
  TopicSettings topics;
  OffsetsSettings offsets;
  std::optional<HeartbeatSettings> heartbeats;  // nothing: none are published
  HttpSettings http;
  MetricsSettings metrics;
  LogSettings log;
  std::vector<std::string> include;                    // patterns, as written in the file
  std::vector<std::shared_ptr<const Source>> sources;  // in the order of the file, disabled ones too
};

// One finding about the config, ready to print.
struct Finding {
  std::string file;
  int line = 0;         // 1-based; 0 where no line applies
  std::string path;     // "sources[2].region"
  std::string message;  // "\"uk\" is not one of us, eu, au"

  // "FILE:LINE: PATH: MESSAGE"
  std::string text() const;
};

// A property of `kafka:`, and its line.
struct KafkaProperty {
  std::string name;
  std::string value;  // may be a secret
  int line = 0;
};

// The result of loading. `config` is set if and only if `mistakes` is empty.
struct Loaded {
  std::unique_ptr<Config> config;
  std::vector<KafkaProperty> kafka{};  // all that could be read, whatever else is wrong
  std::vector<Finding> mistakes;
  std::vector<Finding> warnings;
  // Files of single sources' secrets that can't be read, or are empty, now. `run` continues without those
  // sources: the file may still come, and other sources must not wait for it.
  std::vector<Finding> missing_secrets;
  LogSettings log;  // how to log the mistakes elsewhere
};

// Reads the file, its includes, the environment and the secrets' files. `now` is for values that must not lie
// in the future. Never throws; a missing file is a mistake like any other.
Loaded load_config(const std::string& path, Time now);

// Changes when the file itself, or one that its `include` names, is added, removed, changed or, as a link, points
// elsewhere.
std::string config_stamp(const std::string& path, const std::vector<std::string>& include);

}  // namespace auditstream::config
