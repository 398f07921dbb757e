#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <sstream>

#include "auditstream/json_writer.h"
#include "auditstream/vendor.h"
#include "base/exit_code.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/offsets.h"
#include "core/home_partition.h"
#include "core/overlap_advice.h"
#include "kafka/client_release.h"
#include "kafka/cluster.h"
#include "kafka/group_check.h"
#include "kafka/lost_cursors.h"
#include "kafka/topic_fit.h"
#include "runtime/clock.h"
#include "runtime/kafka_connection.h"
#include "runtime/output.h"
#include "runtime/progress.h"
#include "runtime/source_check.h"

namespace auditstream::cli {
namespace {

json::Value json_of(const std::vector<config::Finding>& findings) {
  return json::array(findings, &config::Finding::text);
}

constexpr Duration kafka_patience = 30s;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

struct KafkaResult {
  bool reachable = false;
  std::optional<Error> error;
  std::vector<std::string> warnings;
  core::OffsetsView offsets;
};

KafkaResult check_kafka(const config::Config& config) {
  KafkaResult result;
  const kafka::Connection connection = runtime::kafka_connection(config, "auditstream-check");
  const kafka::Cluster cluster(connection);
  if (const Status reached = cluster.reach(10s); !reached.ok()) {
    result.error = reached.error();
    result.error->message = "Kafka can't be reached at " + config.kafka.at("bootstrap.servers") +
                            " (kafka.bootstrap.servers): " + reached.error().message;
    return result;
  }
  const auto failed = [&result](const Error& error) {
    result.reachable = error.lasts();
    result.error = error;
    return result;
  };
  const Result<kafka::ClusterFacts> prepared = cluster.prepare(config, false);
  if (!prepared.ok()) return failed(prepared.error());
  result.warnings = prepared->warnings;
  const Result<std::vector<core::RecordMap>> offsets =
      cluster.read_offsets(config.offsets.topic, kafka_patience);
  if (!offsets.ok()) return failed(offsets.error());
  result.offsets = core::OffsetsView::of(*offsets);
  if (auto sentence = kafka::windows_at_risk(config, result.offsets, runtime::read_clock().wall))
    result.warnings.push_back(*std::move(sentence));
  for (const auto& source : config.sources) {
    const auto* placed =
        result.offsets.cursor(source->name, core::home_partition(*source, config.offsets.partitions));
    if (placed == nullptr || !placed->second.cursor) continue;
    if (auto sentence = core::overlap_advice(*source, *placed->second.cursor))
      result.warnings.push_back(*std::move(sentence));
  }
  const kafka::LostCursors lost = kafka::lost_cursors(connection, config, result.offsets);
  for (const auto* sentences : {&lost.gone, &lost.unknown})
    result.warnings.insert(result.warnings.end(), sentences->begin(), sentences->end());
  const kafka::GroupVerdict verdict = kafka::check_group(connection, config, result.offsets, Duration{0});
  if (verdict.warning) result.warnings.push_back(*verdict.warning);
  if (verdict.mistake) return failed({*verdict.mistake, ErrorKind::misconfigured});
  result.reachable = true;
  return result;
}

json::Value json_of(const KafkaResult& kafka) {
  return json::object({{"reachable", kafka.reachable},
                       {"ok", !kafka.error},
                       {"message", kafka.error ? kafka.error->message : ""},
                       {"warnings", json::array(kafka.warnings)}});
}

// Sources and cursors that have no counterpart.
struct Unpaired {
  std::vector<std::shared_ptr<const Source>> sources;
  std::vector<std::pair<std::string, int>> cursors;  // source and partition
};

Unpaired compare(const config::Config& config, const core::OffsetsView& offsets) {
  Unpaired unpaired;
  std::set<std::string> names;
  for (const auto& source : config.sources) {
    names.insert(source->name);
    if (source->enabled && !offsets.cursors().contains(source->name)) unpaired.sources.push_back(source);
  }
  for (const auto& [name, places] : offsets.cursors()) {
    if (names.contains(name)) continue;
    for (const auto& [partition, placed] : places) unpaired.cursors.emplace_back(name, partition);
  }
  return unpaired;
}

json::Value json_of(const Unpaired& unpaired) {
  const auto source = [](const std::shared_ptr<const Source>& without_cursor) {
    return json::object(
        {{"source", without_cursor->name}, {"starts_at", without_cursor->backfill_start_time}});
  };
  const auto cursor = [](const auto& without_source) {
    return json::object({{"source", without_source.first}, {"partition", without_source.second}});
  };
  return json::object({{"sources_without_cursor", json::array(unpaired.sources, source)},
                       {"cursors_without_source", json::array(unpaired.cursors, cursor)}});
}

void print(const Unpaired& unpaired) {
  for (const auto& source : unpaired.sources) {
    runtime::out() << "  " << source->name << " has no cursor yet: it starts at "
                   << (source->backfill_start_time
                           ? format_rfc3339(*source->backfill_start_time) + " (backfill_start_time)"
                           : "the moment of its first start (no backfill_start_time)")
                   << "\n";
  }
  constexpr std::size_t printed_max = 10;
  const std::size_t printed = std::min(unpaired.cursors.size(), printed_max);
  for (const auto& [source, partition] : std::span(unpaired.cursors).first(printed)) {
    runtime::out() << "  warning: there is a cursor of " << runtime::shown(source) << " in partition "
                   << partition
                   << ", but no such source in this config: add the source or leave it: its cursor is kept\n";
  }
  if (unpaired.cursors.size() > printed)
    runtime::out() << "  warning: so it is with " << unpaired.cursors.size() - printed << " more cursors\n";
}

json::Value json_seconds(Duration duration) {
  std::ostringstream spelled;
  spelled << seconds(duration);
  return json::Value::raw(spelled.str());
}

json::Value json_of(const Source& source, const runtime::SourceCheck& found) {
  return json::object(
      {{"source", source.name},
       {"vendor", source.vendor},
       {"reachable", found.reachable},
       {"accepted", found.accepted},
       {"status", found.status},
       {"events_7d", found.events},
       {"events_7d_at_least", found.at_least},
       {"clock_skew_seconds", found.clock_skew ? json_seconds(*found.clock_skew) : json::Value::null()},
       {"poll_interval_seconds", json_seconds(found.poll_interval)},
       {"message", found.message},
       {"remedy", found.remedy},
       {"seen_live", source.api->traits().seen_live},
       {"hints", json::array(found.hints)}});
}

void print(const KafkaResult& kafka) {
  std::istringstream lines(kafka.error ? kafka.error->message : "reachable, topics fit");
  for (std::string line; std::getline(lines, line);) runtime::out() << "kafka: " << line << "\n";
  for (const std::string& warning : kafka.warnings) runtime::out() << "  warning: " << warning << "\n";
}

void print(const std::string& path, const Source& source, const runtime::SourceCheck& found) {
  runtime::out() << source.name << " (" << source.vendor << "): ";
  if (!found.accepted) {
    runtime::out() << (found.reachable ? "reachable, refused: " : "can't be reached: ")
                   << runtime::shown(found.message) << "\n";
    if (!found.remedy.empty()) runtime::out() << "  remedy: " << found.remedy << "\n";
  } else {
    runtime::out() << "reachable, accepted, " << (found.at_least ? "at least " : "") << found.events
                   << " events in the last 7 days, polled every " << readable_duration(found.poll_interval)
                   << "\n";
    if (found.poll_interval > source.poll_interval) {
      runtime::out() << "  the rate budget allows no shorter poll_interval (configured: "
                     << format_duration(source.poll_interval) << ")\n";
    }
    if (!found.hints.empty()) runtime::out() << "  the log is empty; if it should not be, look at:\n";
    for (const std::string& hint : found.hints) runtime::out() << "  - " << hint << "\n";
  }
  if (!found.clock_skew) {
    if (found.reachable) runtime::out() << "  clock: the vendor's answer has no Date header\n";
  } else if (std::chrono::abs(*found.clock_skew) > 60s) {
    runtime::out() << "  warning: this machine's clock is "
                   << readable_duration(std::chrono::abs(floor<std::chrono::seconds>(*found.clock_skew)))
                   << (*found.clock_skew > 0s ? " ahead of" : " behind")
                   << " the vendor's: set it right (NTP)\n";
  } else {
    runtime::out() << "  clock: " << seconds(floor<std::chrono::seconds>(*found.clock_skew))
                   << " s from the vendor's\n";
  }
  if (found.accepted && !source.api->traits().seen_live) {
    runtime::out() << "  " << source.api->title()
                   << "'s API is known from documents only: auditstream probe -c " << path << " "
                   << source.name << " tests what is taken for granted\n";
  }
}

// What is known before anything is tried.
void warn_of_client(const std::string& path, config::Loaded& loaded) {
  for (const config::KafkaProperty& property : loaded.kafka) {
    if (property.name != "sasl.mechanism" && property.name != "sasl.mechanisms") continue;
    if (std::optional<std::string> refused = kafka::refused_by_kafka_4(property.value))
      loaded.warnings.push_back({path, property.line, "kafka." + property.name, *std::move(refused)});
  }
}

}  // namespace

int check_command(const std::string& path, const CheckOptions& options) {
  config::Loaded loaded = load_all(path);
  warn_of_client(path, loaded);
  // For `check` they are mistakes; `run` would continue without those sources.
  if (!loaded.missing_secrets.empty()) loaded.config.reset();
  std::ranges::move(loaded.missing_secrets, std::back_inserter(loaded.mistakes));
  json::Members document{{"config", json::object({{"ok", loaded.config != nullptr},
                                                  {"mistakes", json_of(loaded.mistakes)},
                                                  {"warnings", json_of(loaded.warnings)}})}};
  if (!options.json) {
    for (const config::Finding& warning : loaded.warnings)
      runtime::err() << "warning: " << warning.text() << "\n";
    for (const config::Finding& mistake : loaded.mistakes) runtime::err() << mistake.text() << "\n";
  }
  if (!loaded.config) {
    if (options.json) runtime::print_json(json::object(document).text());
    return exit_config;
  }
  const config::Config& config = *loaded.config;
  if (options.offline) {
    if (options.json) {
      runtime::print_json(json::object(document).text());
    } else {
      runtime::out() << "config: ok, " << config.sources.size() << " sources\n";
    }
    return exit_done;
  }

  bool misconfigured = false;
  bool unavailable = false;
  bool problem = false;
  runtime::Progress progress(!options.json);
  progress.show("asking Kafka");
  const KafkaResult kafka = check_kafka(config);
  progress.clear();
  misconfigured = kafka.error && exit_code(*kafka.error) == exit_config;
  unavailable = !kafka.reachable;
  document.push_back({"kafka", json_of(kafka)});
  if (!options.json) print(kafka);
  if (!kafka.error) {
    const Unpaired unpaired = compare(config, kafka.offsets);
    document.push_back({"cursors", json_of(unpaired)});
    if (!options.json) print(unpaired);
  }

  std::map<std::string, std::size_t> account_sources;
  for (const auto& source : config.sources) account_sources[source->account] += source->enabled ? 1 : 0;
  std::vector<json::Value> sources;
  std::size_t asked = 0;
  for (const auto& source : config.sources) {
    ++asked;
    if (!source->enabled) continue;
    progress.show(std::to_string(asked) + " of " + std::to_string(config.sources.size()) + ": asking " +
                  source->vendor + " about " + source->name);
    runtime::RequestBudget budget(config.http, *source, [&](const std::string& text) {
      progress.clear();
      runtime::err() << "warning: " << text << "\n";
    });
    const runtime::SourceCheck found =
        runtime::check_source(*source, budget, account_sources[source->account]);
    progress.clear();
    unavailable = unavailable || !found.reachable;
    problem = problem || (found.reachable && !found.accepted);
    if (options.json) {
      sources.push_back(json_of(*source, found));
    } else {
      print(path, *source, found);
    }
  }
  document.push_back({"sources", json::array(sources)});
  if (options.json) runtime::print_json(json::object(document).text());
  if (misconfigured) return exit_config;
  if (unavailable) return exit_unavailable;
  return problem ? exit_problem : exit_done;
}

}  // namespace auditstream::cli
