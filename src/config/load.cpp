// Loads the config: reads all of it before judging any part, so that every mistake is reported at once.
#include <algorithm>
#include <list>
#include <set>
#include <utility>

#include "config/config.h"
#include "config/endpoint.h"
#include "config/expansion.h"
#include "config/findings.h"
#include "config/include.h"
#include "config/kafka_property.h"
#include "config/section.h"
#include "config/source_reader.h"
#include "config/topic_name.h"
#include "config/tree.h"

namespace auditstream::config {
namespace {

constexpr std::size_t file_bytes_max = 64 << 20;
constexpr std::size_t group_length_max = 200;  // Kafka allows 249 for names that contain it
constexpr long partitions_max = 100'000;
constexpr std::size_t token_bytes_min = 8;
constexpr long replication_factor_max = 32'767;
constexpr Duration heartbeat_interval_min = 1s;
constexpr Duration heartbeat_interval_max = 24h;

// Reports a value that failed its check; it keeps its default.
void require(const Status& status, const Text& text, Findings& findings) {
  if (!status.ok()) text.mistake(findings, status.error().message);
}

class Loader {
 public:
  Loader(std::string path, Time now) : path_(std::move(path)), now_(now) {}

  Loaded load() {
    const Place file{path_, 0, ""};
    const std::optional<Node> root = parse_file(path_, file, "");
    if (root && root->kind == Node::Kind::null) {
      findings_.mistake(file, "is empty");
    } else if (root && root->kind != Node::Kind::map) {
      findings_.mistake({path_, root->line, ""}, "must be a map (name: value)");
    } else if (root) {
      read_root(*root);
    }
    Loaded loaded;
    loaded.mistakes = findings_.take_mistakes(path_);
    loaded.warnings = findings_.take_warnings(path_);
    loaded.missing_secrets = findings_.take_missing_secrets(path_);
    loaded.log = config_.log;
    loaded.kafka = std::move(kafka_);
    if (loaded.mistakes.empty()) loaded.config = std::make_unique<Config>(std::move(config_));
    return loaded;
  }

 private:
  // `blame` is the line that names the file: an unreadable file is reported there.
  std::optional<Node> parse_file(const std::string& path, const Place& blame, const std::string& shown) {
    const Result<std::string> bytes = read_whole_file(path, file_bytes_max);
    if (!bytes.ok()) {
      findings_.mistake(blame, "can't read " + (shown.empty() ? "the file" : in_quotes(shown)) + ": " +
                                   bytes.error().message);
      return std::nullopt;
    }
    std::variant<Node, SyntaxError> parsed = parse_yaml(*bytes);
    if (const SyntaxError* error = std::get_if<SyntaxError>(&parsed)) {
      findings_.mistake({path, error->line, ""}, error->message);
      return std::nullopt;
    }
    return std::move(std::get<Node>(parsed));
  }

  void read_root(const Node& node) {
    static const Node nothing;
    Section root(node, {path_, node.line, ""}, findings_);
    const auto part = [&](std::string_view name) -> const Node& {
      const Node* found = root.find(name);
      return found != nullptr ? *found : nothing;
    };
    const auto place_of = [&](std::string_view name, const Node& found) {
      return Place{path_, found.line_to_blame(), std::string(name)};
    };

    read_group(root);
    const Node& kafka = part("kafka");
    read_kafka(kafka, place_of("kafka", kafka));
    const Node& topics = part("topics");
    read_topics(topics, place_of("topics", topics));
    const Node& offsets = part("offsets");
    read_offsets(offsets, place_of("offsets", offsets));
    if (const Node* heartbeats = root.find("heartbeats")) {
      read_heartbeats(*heartbeats, place_of("heartbeats", *heartbeats));
    }
    const Node& http = part("http");
    read_http(http, place_of("http", http));
    const Node& metrics = part("metrics");
    read_metrics(metrics, place_of("metrics", metrics));
    const Node& log = part("log");
    read_log(log, place_of("log", log));

    const Node& defaults = part("defaults");
    const Surroundings surroundings{now_,           defaults,      place_of("defaults", defaults),
                                    config_.topics, events_place_, dead_letters_place_};
    SourceReader reader(surroundings, findings_);
    reader.check_defaults();
    const Node& sources = part("sources");
    read_sources(sources, place_of("sources", sources), reader);
    const Node& include = part("include");
    read_includes(include, place_of("include", include), reader);
    root.refuse_unknown();
    reader.check_shown(secret_variables_);

    if (sources_seen_ == 0) {
      findings_.mistake(place_of("sources", sources),
                        "there are none: list at least one source here or by include");
    }
    check_names();
    check_accounts();
    check_topics();
    for (const ReadSource& read : read_) config_.sources.push_back(read.source);
  }

  void read_group(Section& root) {
    const std::optional<Text> group = root.text("group");
    if (!group) return;
    const auto legal = [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
             c == '_' || c == '-';
    };
    const std::string& text = group->text;
    if (text.empty() || text.size() > group_length_max || !std::all_of(text.begin(), text.end(), legal)) {
      group->mistake(findings_, in_quotes(text) + " is not a group: 1 to " +
                                    std::to_string(group_length_max) +
                                    " letters, digits, \".\", \"_\" or \"-\"");
    }
    config_.group = text;
  }

  void read_kafka(const Node& node, const Place& place) {
    Section kafka(node, place, findings_);
    for (const Node& property : kafka.children()) {
      const Place at = kafka.place_of(property);
      const std::string_view forbidden = forbidden_because(property.key);
      if (discreet(property.key) != property.key) {
        findings_.mistake(at, property.key.find(':') != std::string::npos
                                  ? "a blank is missing after the colon"
                                  : "is no property of librdkafka: see its CONFIGURATION.md");
      } else if (!forbidden.empty()) {
        findings_.mistake(at, std::string(forbidden));
      } else if (std::optional<std::string> value = read_property(property, at)) {
        kafka_.push_back({property.key, *value, at.line});
        // librdkafka has two names for this property, we use one.
        config_.kafka[property.key == "metadata.broker.list" ? "bootstrap.servers" : property.key] =
            *std::move(value);
      }
    }
    const Node* servers = kafka.find("bootstrap.servers");
    if (servers == nullptr) servers = kafka.find("metadata.broker.list");  // librdkafka's other name for it
    if (servers == nullptr) {
      findings_.mistake(place.named("bootstrap.servers", place.line),
                        "is required: host:port of the brokers");
    } else if (const auto value = config_.kafka.find("bootstrap.servers");
               value != config_.kafka.end() && value->second.empty()) {
      findings_.mistake(kafka.place_of(*servers), "is empty");
    }
  }

  std::optional<std::string> read_property(const Node& property, const Place& place) {
    std::optional<Text> text;
    if (property.key.ends_with(".pem")) {  // line ends matter in it
      text = read_verbatim(property, place, findings_);
      if (text && text->outside.empty() && is_secret_property(property.key)) {
        findings_.warning(place, "a secret stands here in clear: use ${env:NAME} or ${file:/path}");
      }
    } else if (is_secret_property(property.key)) {
      secret_variables_.merge(variables_in(property.text));
      return read_secret(property, place, findings_);
    } else {
      text = read_text(property, place, findings_);
    }
    if (!text) return std::nullopt;
    return std::move(text->text);
  }

  void read_number(Section& section, std::string_view name, long min, long max, int& into) {
    const std::optional<Text> text = section.text(name);
    if (!text) return;
    const Result<long> number = parse_number(text->text, min, max);
    if (number.ok()) {
      into = static_cast<int>(*number);
    } else {
      text->mistake(findings_, number.error().message);
    }
  }

  void read_replication_factor(Section& section, int& into) {
    const std::optional<Text> text = section.text("replication_factor");
    if (!text) return;
    const Result<long> number = parse_number(text->text, -1, replication_factor_max);
    if (number.ok() && *number != 0) {
      into = static_cast<int>(*number);
    } else {
      text->mistake(findings_, in_quotes(text->text) + " is neither -1 (the broker's default) nor 1 or more");
    }
  }

  // Line 0 if the setting is missing.
  static Place place_in(Section& section, std::string_view name) {
    const Node* child = section.find(name);
    return section.place().named(name, child != nullptr ? child->line : 0);
  }

  void read_topic_pattern(Section& section, std::string_view name, std::string& into) {
    const std::optional<Text> text = section.text(name);
    if (!text) return;
    const Result<std::string> filled = fill_topic(text->text, "vendor", "source");
    if (!filled.ok()) text->mistake(findings_, filled.error().message);
    into = text->text;
  }

  // A property of a topic that must not be set has a sentence that says why.
  void read_topic_config(Section& section, std::map<std::string, std::string>& into,
                         const std::map<std::string, std::string>& forbidden = {}) {
    const Node* const config = section.find("config");
    if (config == nullptr) return;
    const Section properties(*config, section.place_of(*config), findings_);
    for (const Node& property : properties.children()) {
      const std::optional<Text> text = read_text(property, properties.place_of(property), findings_);
      if (!text) continue;
      if (const auto why = forbidden.find(property.key); why != forbidden.end()) {
        findings_.mistake(properties.place_of(property), why->second);
      } else {
        into[property.key] = text->text;
      }
    }
  }

  void read_topics(const Node& node, const Place& place) {
    Section topics(node, place, findings_);
    read_topic_pattern(topics, "events", config_.topics.events);
    read_topic_pattern(topics, "dead_letters", config_.topics.dead_letters);
    events_place_ = place_in(topics, "events");
    dead_letters_place_ = place_in(topics, "dead_letters");
    read_number(topics, "partitions", 1, partitions_max, config_.topics.partitions);
    read_replication_factor(topics, config_.topics.replication_factor);
    read_topic_config(topics, config_.topics.config);
    topics.refuse_unknown();
  }

  void read_offsets(const Node& node, const Place& place) {
    Section offsets(node, place, findings_);
    if (const std::optional<Text> topic = offsets.text("topic")) {
      const Status valid = check_topic(topic->text);
      require(valid, *topic, findings_);
      if (valid.ok()) config_.offsets.topic = topic->text;
    }
    offsets_place_ = place_in(offsets, "topic");
    read_number(offsets, "partitions", 1, partitions_max, config_.offsets.partitions);
    read_replication_factor(offsets, config_.offsets.replication_factor);
    read_topic_config(
        offsets, config_.offsets.config,
        {{"cleanup.policy",
          "must not be set: it is compact, as any other would delete cursors; delete this line"}});
    offsets.refuse_unknown();
  }

  void read_heartbeats(const Node& node, const Place& place) {
    Section heartbeats(node, place, findings_);
    HeartbeatSettings& settings = config_.heartbeats.emplace();
    if (const std::optional<Text> topic = heartbeats.text("topic")) {
      const Status valid = check_topic(topic->text);
      require(valid, *topic, findings_);
      if (valid.ok()) settings.topic = topic->text;
    }
    heartbeats_place_ = place_in(heartbeats, "topic");
    if (const std::optional<Text> interval = heartbeats.text("interval")) {
      const Result<Duration> value =
          parse_duration_within(interval->text, heartbeat_interval_min, heartbeat_interval_max);
      if (value.ok()) {
        settings.interval = *value;
      } else {
        interval->mistake(findings_, value.error().message);
      }
    }
    heartbeats.refuse_unknown();
  }

  void read_http(const Node& node, const Place& place) {
    Section http(node, place, findings_);
    if (const std::optional<Text> listen = http.text("listen")) {
      if (listen->text != "off") require(check_listen(listen->text), *listen, findings_);
      config_.http.listen = listen->text;
    }
    if (const Node* token = http.find("token")) {
      secret_variables_.merge(variables_in(token->text));
      if (std::optional<std::string> secret = read_secret(*token, http.place_of(*token), findings_)) {
        if (secret->size() < token_bytes_min) {
          findings_.mistake(http.place_of(*token),
                            "is shorter than " + std::to_string(token_bytes_min) +
                                " characters and can be guessed; make one with openssl rand -hex 16");
        }
        config_.http.token = Secret(std::move(*secret));
      }
    }
    if (const Node* hosts = http.find("hosts")) {
      for (const Text& host : read_list(*hosts, http.place_of(*hosts), findings_)) {
        require(check_host(host.text), host, findings_);
        config_.http.hosts.push_back(host.text);
      }
    }
    http.refuse_unknown();
  }

  void read_metrics(const Node& node, const Place& place) {
    Section metrics(node, place, findings_);
    if (const std::optional<Text> per_source = metrics.text("per_source")) {
      const Result<bool> value = parse_boolean(per_source->text);
      if (value.ok()) {
        config_.metrics.per_source = *value;
      } else {
        per_source->mistake(findings_, value.error().message);
      }
    }
    metrics.refuse_unknown();
  }

  void read_log(const Node& node, const Place& place) {
    Section log(node, place, findings_);
    if (const std::optional<Text> level = log.text("level")) {
      require(check_choice(level->text, {"debug", "info", "warn", "error"}), *level, findings_);
      config_.log.level = level->text;
    }
    if (const std::optional<Text> format = log.text("format")) {
      require(check_choice(format->text, {"text", "json"}), *format, findings_);
      config_.log.format = format->text;
    }
    log.refuse_unknown();
  }

  // A list of sources. `place` is where the list is; its file is the sources' file.
  void read_sources(const Node& node, const Place& place, SourceReader& reader) {
    if (node.kind == Node::Kind::null) return;
    if (node.kind != Node::Kind::list) {
      ++sources_seen_;
      findings_.mistake(place, "must be a list of sources, each beginning with \"- name: ...\"");
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      ++sources_seen_;
      ReadSource read = reader.read(node.items[i], place.item(i, node.items[i].line));
      if (read.source) read_.push_back(std::move(read));
    }
  }

  // A pattern, or a map with a pattern and what its files may refer to.
  void read_includes(const Node& node, const Place& place, SourceReader& reader) {
    if (node.kind != Node::Kind::list) {
      read_list(node, place, findings_);  // reports what is wrong
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const Node& item = node.items[i];
      const Place at = place.item(i, item.line);
      if (item.kind == Node::Kind::map) {
        Section section(item, at, findings_);
        const std::optional<Text> pattern = section.text("path");
        allowances_.push_back(read_allowance(section));
        section.refuse_unknown();
        if (section.find("path") == nullptr) findings_.mistake(at.named("path", at.line), "is required");
        if (pattern) read_included(*pattern, &allowances_.back(), reader);
      } else if (const std::optional<Text> pattern = read_text(item, at, findings_)) {
        read_included(*pattern, nullptr, reader);
      }
    }
  }

  Allowance read_allowance(Section& section) {
    Allowance allowance;
    if (const Node* env = section.find("env")) {
      for (const Text& beginning : read_list(*env, section.place_of(*env), findings_)) {
        if (is_env_name(beginning.text)) {
          allowance.env.push_back(beginning.text);
        } else {
          beginning.mistake(findings_,
                            in_quotes(beginning.text) + " is not the beginning of a variable's name");
        }
      }
    }
    if (const Node* file = section.find("file")) {
      for (const Text& folder : read_list(*file, section.place_of(*file), findings_)) {
        const std::string& text = folder.text;
        if (text.starts_with('/') && text.ends_with('/') && text.find("/../") == std::string::npos) {
          allowance.folders.push_back(text);
        } else {
          folder.mistake(findings_, in_quotes(text) + " is not an absolute folder with a slash at its end");
        }
      }
    }
    return allowance;
  }

  // A file that several patterns match is read once, for the first of them.
  void read_included(const Text& pattern, const Allowance* allowance, SourceReader& reader) {
    if (pattern.text.empty()) return pattern.mistake(findings_, "is empty");
    config_.include.push_back(pattern.text);
    for (const std::string& file : included_files(path_, pattern.text)) {
      if (!included_.insert(file).second) continue;
      const std::optional<Node> root = parse_file(file, pattern.place, file);
      if (root) read_sources(*root, {file, root->line, "sources", allowance}, reader);
    }
  }

  void check_names() {
    std::map<std::string_view, const ReadSource*> first;
    for (const ReadSource& read : read_) {
      if (read.source->name.empty()) continue;
      const auto [other, is_new] = first.emplace(read.source->name, &read);
      if (is_new) continue;
      const Place& place = other->second->name;
      findings_.mistake(read.name, in_quotes(read.source->name) + " is already the name of the source at " +
                                       place.file + ":" + std::to_string(place.line));
    }
  }

  void check_accounts() {
    std::map<std::string_view, const ReadSource*> first;
    for (const ReadSource& read : read_) {
      if (!read.valid) continue;
      const auto [other, is_new] = first.emplace(read.source->account, &read);
      if (is_new || other->second->source->name == read.source->name) continue;
      const Source& mine = *read.source;
      const Source& theirs = *other->second->source;
      if (mine.vendor != theirs.vendor) {
        findings_.mistake(read.account, in_quotes(mine.account) + " is also the account of source " +
                                            in_quotes(theirs.name) + ", of vendor " + theirs.vendor +
                                            ": sources of one account share a vendor's rate budget");
      } else if (mine.rate_limit != theirs.rate_limit) {
        findings_.mistake(read.rate_limit, "differs from that of source " + in_quotes(theirs.name) +
                                               ", which shares the account " + in_quotes(mine.account) +
                                               ": one account has one rate budget");
      }
    }
  }

  // Reports it at the first place, or at the second if the first is a default that is not in the file.
  void refuse_clash(const Place& first, const Place& second, const std::string& message) {
    const bool is_default = first.line == 0;
    findings_.mistake(is_default ? second : first, message + " " + (is_default ? first : second).path);
  }

  void check_topics() {
    const std::string& events = config_.topics.events;
    const std::string& dead_letters = config_.topics.dead_letters;
    const std::string& offsets = config_.offsets.topic;
    const std::size_t before = findings_.mistake_count();
    if (dead_letters == events) refuse_clash(dead_letters_place_, events_place_, "must differ from");
    if (offsets == events) refuse_clash(offsets_place_, events_place_, "must differ from");
    if (offsets == dead_letters) refuse_clash(offsets_place_, dead_letters_place_, "must differ from");
    const std::string heartbeats = config_.heartbeats ? config_.heartbeats->topic : "";
    if (heartbeats == offsets) refuse_clash(heartbeats_place_, offsets_place_, "must differ from");
    if (findings_.mistake_count() != before) return;

    std::map<std::string_view, std::string_view> sources_by_dead_letters;
    for (const ReadSource& read : read_) {
      if (read.valid) sources_by_dead_letters.emplace(read.source->dead_letter_topic, read.source->name);
    }
    for (const ReadSource& read : read_) {
      if (!read.valid) continue;
      const Source& source = *read.source;
      if (source.topic == offsets) {
        refuse_clash(read.topic, offsets_place_, in_quotes(offsets) + " is also what comes out of");
      }
      if (source.topic == heartbeats) {
        refuse_clash(heartbeats_place_, read.topic, in_quotes(heartbeats) + " is also what comes out of");
      }
      if (source.dead_letter_topic == heartbeats) {
        refuse_clash(heartbeats_place_, dead_letters_place_,
                     in_quotes(heartbeats) + " is also what comes out of");
      }
      if (source.dead_letter_topic == offsets) {
        refuse_clash(dead_letters_place_, offsets_place_, in_quotes(offsets) + " is also what comes out of");
      }
      if (const auto clash = sources_by_dead_letters.find(source.topic);
          clash != sources_by_dead_letters.end()) {
        refuse_clash(read.topic, dead_letters_place_,
                     in_quotes(source.topic) + " would hold events and dead letters (of source " +
                         in_quotes(clash->second) + "): must differ from");
      }
    }
  }

  const std::string path_;
  const Time now_;

  Findings findings_;
  Config config_;
  std::vector<KafkaProperty> kafka_;
  Place events_place_;
  Place dead_letters_place_;
  Place offsets_place_;
  Place heartbeats_place_;
  std::vector<ReadSource> read_;
  std::list<Allowance> allowances_;  // places point to them
  std::set<std::string> secret_variables_;
  std::set<std::string> included_;
  std::size_t sources_seen_ = 0;
};

}  // namespace

Loaded load_config(const std::string& path, Time now) { return Loader(path, now).load(); }

}  // namespace auditstream::config
