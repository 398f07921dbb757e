#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <sstream>

#include "auditstream/json.h"
#include "base/exit_code.h"
#include "cli/commands.h"
#include "cli/offsets.h"
#include "kafka/cluster.h"
#include "kafka/group_check.h"
#include "kafka/lost_cursors.h"
#include "runtime/output.h"
#include "runtime/probe.h"
#include "runtime/progress.h"

namespace auditstream::cli {
namespace {

std::string json_list(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) list += (list.size() > 1 ? "," : "") + json::quote(text);
  return list + "]";
}

std::string json_findings(const std::vector<config::Finding>& findings) {
  std::vector<std::string> texts;
  for (const config::Finding& finding : findings) texts.push_back(finding.text());
  return json_list(texts);
}

constexpr Duration kafka_patience = 30s;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

struct KafkaResult {
  bool reachable = false;
  bool ok = false;
  bool misconfigured = false;  // only a person can mend it
  std::string message;
  std::vector<std::string> warnings;
  std::vector<CursorRecord> cursors;  // if ok
};

KafkaResult check_kafka(const config::Config& config) {
  KafkaResult result;
  const kafka::Connection connection{config.kafka, "auditstream-check"};
  const kafka::Cluster cluster(connection);
  const Status reached = cluster.reach(10s);
  if (!reached.ok()) {
    result.message = "Kafka can't be reached at " + config.kafka.at("bootstrap.servers") +
                     " (kafka.bootstrap.servers): " + reached.error().message;
    result.misconfigured = reached.error().cure != Cure::time;
    return result;
  }
  result.reachable = true;
  std::variant<kafka::ClusterFacts, kafka::ClusterProblem> prepared = cluster.prepare(config, false);
  if (const auto* problem = std::get_if<kafka::ClusterProblem>(&prepared)) {
    result.reachable = problem->misconfigured;
    result.misconfigured = problem->misconfigured;
    result.message = problem->message;
    return result;
  }
  result.warnings = std::get<kafka::ClusterFacts>(prepared).warnings;
  const Result<std::vector<core::RecordMap>> offsets =
      cluster.read_offsets(config.offsets.topic, kafka_patience);
  if (!offsets.ok()) {
    result.misconfigured = offsets.error().cure == Cure::person;
    result.reachable = result.misconfigured;
    result.message = offsets.error().message;
    return result;
  }
  const core::OffsetsView view = core::OffsetsView::of(*offsets);
  const kafka::LostCursors lost = kafka::lost_cursors(connection, config, view);
  for (const auto* sentences : {&lost.gone, &lost.unknown})
    result.warnings.insert(result.warnings.end(), sentences->begin(), sentences->end());
  const kafka::GroupVerdict verdict = kafka::check_group(connection, config, view, Duration{0});
  if (verdict.warning) result.warnings.push_back(*verdict.warning);
  result.ok = !verdict.mistake;
  result.misconfigured = !result.ok;
  result.message = verdict.mistake.value_or("");
  result.cursors = cursors_in(*offsets);
  return result;
}

std::string json_of(const KafkaResult& kafka) {
  return std::string("{\"reachable\":") + (kafka.reachable ? "true" : "false") +
         ",\"ok\":" + (kafka.ok ? "true" : "false") + ",\"message\":" + json::quote(kafka.message) +
         ",\"warnings\":" + json_list(kafka.warnings) + "}";
}

// Sources and cursors that have no counterpart.
struct Unpaired {
  std::vector<std::shared_ptr<const Source>> sources;
  std::vector<CursorRecord> cursors;
};

Unpaired compare(const config::Config& config, const std::vector<CursorRecord>& cursors) {
  Unpaired unpaired;
  std::set<std::string> with_cursor;
  for (const CursorRecord& cursor : cursors) with_cursor.insert(cursor.source);
  std::set<std::string> names;
  for (const auto& source : config.sources) {
    names.insert(source->name);
    if (source->enabled && !with_cursor.contains(source->name)) unpaired.sources.push_back(source);
  }
  std::ranges::copy_if(cursors, std::back_inserter(unpaired.cursors),
                       [&](const CursorRecord& cursor) { return !names.contains(cursor.source); });
  return unpaired;
}

std::string json_of(const Unpaired& unpaired) {
  std::string text = "{\"sources_without_cursor\":[";
  const char* separator = "";
  for (const auto& source : unpaired.sources) {
    text +=
        separator + ("{\"source\":" + json::quote(source->name)) + ",\"starts_at\":" +
        (source->backfill_start_time ? json::quote(format_rfc3339(*source->backfill_start_time)) : "null") +
        "}";
    separator = ",";
  }
  text += "],\"cursors_without_source\":[";
  separator = "";
  for (const CursorRecord& cursor : unpaired.cursors) {
    text += separator + ("{\"source\":" + json::quote(cursor.source)) +
            ",\"partition\":" + std::to_string(cursor.partition) + "}";
    separator = ",";
  }
  return text + "]}";
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
  for (const CursorRecord& cursor : std::span(unpaired.cursors).first(printed)) {
    runtime::out() << "  warning: there is a cursor of " << runtime::shown(cursor.source) << " in partition "
                   << cursor.partition
                   << ", but no such source in this config: add the source or leave it: its cursor is kept\n";
  }
  if (unpaired.cursors.size() > printed)
    runtime::out() << "  warning: so it is with " << unpaired.cursors.size() - printed << " more cursors\n";
}

std::string json_of(const Source& source, const runtime::ProbeResult& probe) {
  std::ostringstream out;
  out << "{\"source\":" << json::quote(source.name) << ",\"vendor\":" << json::quote(source.vendor)
      << std::boolalpha << ",\"reachable\":" << probe.reachable << ",\"accepted\":" << probe.accepted
      << ",\"status\":" << probe.status << ",\"events_7d\":" << probe.events
      << ",\"events_7d_at_least\":" << probe.at_least << ",\"clock_skew_seconds\":";
  if (probe.clock_skew) {
    out << seconds(*probe.clock_skew);
  } else {
    out << "null";
  }
  out << ",\"poll_interval_seconds\":" << seconds(probe.poll_interval)
      << ",\"message\":" << json::quote(probe.message) << ",\"remedy\":" << json::quote(probe.remedy)
      << ",\"hints\":" << json_list(probe.hints) << "}";
  return out.str();
}

void print(const KafkaResult& kafka) {
  std::istringstream lines(kafka.ok ? "reachable, topics fit" : kafka.message);
  for (std::string line; std::getline(lines, line);) runtime::out() << "kafka: " << line << "\n";
  for (const std::string& warning : kafka.warnings) runtime::out() << "  warning: " << warning << "\n";
}

void print(const Source& source, const runtime::ProbeResult& probe) {
  runtime::out() << source.name << " (" << source.vendor << "): ";
  if (!probe.accepted) {
    runtime::out() << (probe.reachable ? "reachable, refused: " : "can't be reached: ")
                   << runtime::shown(probe.message) << "\n";
    if (!probe.remedy.empty()) runtime::out() << "  remedy: " << probe.remedy << "\n";
  } else {
    runtime::out() << "reachable, accepted, " << (probe.at_least ? "at least " : "") << probe.events
                   << " events in the last 7 days, polled every " << readable_duration(probe.poll_interval)
                   << "\n";
    if (probe.poll_interval > source.poll_interval) {
      runtime::out() << "  the rate budget allows no shorter poll_interval (configured: "
                     << format_duration(source.poll_interval) << ")\n";
    }
    if (!probe.hints.empty()) runtime::out() << "  the log is empty; if it should not be, look at:\n";
    for (const std::string& hint : probe.hints) runtime::out() << "  - " << hint << "\n";
  }
  if (!probe.clock_skew) {
    if (probe.reachable) runtime::out() << "  clock: the vendor's answer has no Date header\n";
  } else if (std::chrono::abs(*probe.clock_skew) > 60s) {
    runtime::out() << "  warning: this machine's clock is "
                   << readable_duration(std::chrono::abs(floor<std::chrono::seconds>(*probe.clock_skew)))
                   << (*probe.clock_skew > 0s ? " ahead of" : " behind")
                   << " the vendor's: set it right (NTP)\n";
  } else {
    runtime::out() << "  clock: " << seconds(floor<std::chrono::seconds>(*probe.clock_skew))
                   << " s from the vendor's\n";
  }
}

}  // namespace

int check_command(const std::string& path, const CheckOptions& options) {
  config::Loaded loaded = load_all(path);
  // To whoever asks beforehand they are mistakes; a run would go on without those sources.
  if (!loaded.missing_secrets.empty()) loaded.config.reset();
  std::ranges::move(loaded.missing_secrets, std::back_inserter(loaded.mistakes));
  std::string document = "{\"config\":{\"ok\":" + std::string(loaded.config ? "true" : "false") +
                         ",\"mistakes\":" + json_findings(loaded.mistakes) +
                         ",\"warnings\":" + json_findings(loaded.warnings) + "}";
  if (!options.json) {
    for (const config::Finding& warning : loaded.warnings)
      runtime::err() << "warning: " << warning.text() << "\n";
    for (const config::Finding& mistake : loaded.mistakes) runtime::err() << mistake.text() << "\n";
  }
  if (!loaded.config) {
    if (options.json) runtime::print_json(document + "}");
    return exit_config;
  }
  const config::Config& config = *loaded.config;
  if (options.offline) {
    if (options.json) {
      runtime::print_json(document + "}");
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
  misconfigured = kafka.misconfigured;
  unavailable = !kafka.reachable;
  document += ",\"kafka\":" + json_of(kafka);
  if (!options.json) print(kafka);
  if (kafka.ok) {
    const Unpaired unpaired = compare(config, kafka.cursors);
    document += ",\"cursors\":" + json_of(unpaired);
    if (!options.json) print(unpaired);
  }
  document += ",\"sources\":[";

  std::map<std::string, std::size_t> account_sources;
  for (const auto& source : config.sources) account_sources[source->account] += source->enabled ? 1 : 0;
  const char* separator = "";
  std::size_t asked = 0;
  for (const auto& source : config.sources) {
    ++asked;
    if (!source->enabled) continue;
    progress.show(std::to_string(asked) + " of " + std::to_string(config.sources.size()) + ": asking " +
                  source->vendor + " about " + source->name);
    const runtime::ProbeResult probe = runtime::probe_source(*source, account_sources[source->account]);
    progress.clear();
    unavailable = unavailable || !probe.reachable;
    problem = problem || (probe.reachable && !probe.accepted);
    if (options.json) {
      document += separator + json_of(*source, probe);
      separator = ",";
    } else {
      print(*source, probe);
    }
  }
  if (options.json) runtime::print_json(document + "]}");
  if (misconfigured) return exit_config;
  if (unavailable) return exit_unavailable;
  return problem ? exit_problem : exit_done;
}

}  // namespace auditstream::cli
