#include "admin/documents.h"

#include <algorithm>
#include <map>

#include "auditstream/json.h"

namespace auditstream::admin {
namespace {

using json::quote;

std::string time_or_null(const std::optional<Time>& time) {
  return time ? quote(format_rfc3339(*time)) : "null";
}

// With milliseconds.
std::string seconds(Duration duration) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(std::chrono::abs(duration)).count();
  const std::string fraction = std::to_string(1000 + millis % 1000);
  return (duration < Duration{0} ? "-" : "") + std::to_string(millis / 1000) + "." + fraction.substr(1);
}

std::string trace_of(const SourceView& view) {
  if (view.error.empty() || view.error_status == 0) return view.error;
  return "HTTP " + std::to_string(view.error_status) + ": " + view.error;
}

// The members of a connector's or a task's status.
std::string state_members(const SourceView& view) {
  const std::string trace = trace_of(view);
  return "\"state\":" + quote(to_string(view.state)) + ",\"worker_id\":" + quote(view.owner.value_or("")) +
         (trace.empty() ? "" : ",\"trace\":" + quote(trace));
}

std::string task_id(const Source& source) { return "{\"connector\":" + quote(source.name) + ",\"task\":0}"; }

template <class Items, class Spell>
std::string list(const Items& items, Spell spell) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ",") + spell(item);
  return text;
}

std::string source_of(const SourceView& view, Time now) {
  const std::optional<core::Cursor>& cursor = view.cursor;
  const auto per_minute = list(view.per_minute, [](std::uint64_t events) { return std::to_string(events); });
  return "{\"name\":" + quote(view.source->name) + ",\"vendor\":" + quote(view.source->vendor) +
         ",\"account\":" + quote(view.source->account) + ",\"partition\":" + std::to_string(view.partition) +
         ",\"known\":" + (view.known ? "true" : "false") + ",\"state\":" + quote(to_string(view.state)) +
         ",\"activity\":" + quote(view.activity ? to_string(*view.activity) : "") +
         ",\"owner\":" + (view.owner ? quote(*view.owner) : "null") +
         ",\"watermark\":" + time_or_null(cursor ? std::optional(cursor->watermark) : std::nullopt) +
         ",\"lag_seconds\":" + (cursor ? seconds(now - cursor->watermark) : "null") +
         ",\"published\":" + std::to_string(cursor ? cursor->published : 0) +
         ",\"dead_letters\":" + std::to_string(cursor ? cursor->dead_letters : 0) +
         ",\"updated\":" + time_or_null(cursor ? std::optional(cursor->updated) : std::nullopt) +
         ",\"last_success\":" + time_or_null(view.last_success) +
         ",\"failing_since\":" + time_or_null(view.failing_since) +
         ",\"attempts\":" + std::to_string(view.attempts) +
         ",\"next_attempt\":" + time_or_null(view.next_attempt) +
         ",\"backfill_end\":" + time_or_null(view.backfill_end) + ",\"error\":" + quote(view.error) +
         ",\"error_status\":" + std::to_string(view.error_status) + ",\"per_minute\":[" + per_minute + "]}";
}

}  // namespace

std::string task_status(const SourceView& view) { return "{\"id\":0," + state_members(view) + "}"; }

std::string connector_status(const SourceView& view) {
  return "{\"name\":" + quote(view.source->name) + ",\"connector\":{" + state_members(view) +
         "},\"tasks\":[" + task_status(view) + "],\"type\":\"source\"}";
}

std::string connector_config(const Source& source) {
  std::map<std::string, std::string> config{
      {"name", source.name},
      {"vendor", source.vendor},
      {"account", source.account},
      {"base_url", source.base_url},
      {"topic", source.topic},
      {"dead_letter_topic", source.dead_letter_topic},
      {"poll_interval", format_duration(source.poll_interval)},
      {"overlap", format_duration(source.overlap)},
      {"lanes", source.lanes == 0 ? "auto" : std::to_string(source.lanes)},
      {"page_size", std::to_string(source.page_size)},
      {"key", source.key},
      {"enabled", source.enabled ? "true" : "false"}};
  if (source.backfill_start_time) config["backfill_start_time"] = format_rfc3339(*source.backfill_start_time);
  if (!source.time_field.empty()) config["time_field"] = source.time_field;
  config.insert(source.settings.begin(), source.settings.end());
  for (const auto& [name, values] : source.lists)
    config[name] = list(values, [](const std::string& value) { return value; });
  for (const auto& [name, secret] : source.secret_templates) config[name] = "[hidden]";
  return "{" +
         list(config, [](const auto& entry) { return quote(entry.first) + ":" + quote(entry.second); }) + "}";
}

std::string connector_info(const Source& source) {
  return "{\"name\":" + quote(source.name) + ",\"config\":" + connector_config(source) + ",\"tasks\":[" +
         task_id(source) + "],\"type\":\"source\"}";
}

std::string connector_tasks(const Source& source) {
  return "[{\"id\":" + task_id(source) + ",\"config\":" + connector_config(source) + "}]";
}

std::string connector_topics(const Source& source) {
  return "{" + quote(source.name) + ":{\"topics\":[" + quote(source.topic) + "," +
         quote(source.dead_letter_topic) + "]}}";
}

std::string connector_offsets(const SourceView& view) {
  if (!view.cursor) return "{\"offsets\":[]}";
  const core::Cursor& cursor = *view.cursor;
  return "{\"offsets\":[{\"partition\":{\"source\":" + quote(cursor.source) +
         "},\"offset\":{\"watermark\":" + quote(format_rfc3339(cursor.watermark)) +
         ",\"since\":" + quote(format_rfc3339(cursor.since)) +
         ",\"generation\":" + std::to_string(cursor.generation) +
         ",\"published\":" + std::to_string(cursor.published) +
         ",\"dead_letters\":" + std::to_string(cursor.dead_letters) + "}}]}";
}

std::string offsets_changed(const std::string& verb, const core::CursorChange& change) {
  return "{\"message\":" +
         quote("The offsets for this connector have been " + verb + " successfully; " +
               change.consequence()) +
         "," + change.hours_json() + "}";
}

std::string connectors(const std::vector<SourceView>& views, bool info, bool status) {
  if (!info && !status)
    return "[" + list(views, [](const SourceView& view) { return quote(view.source->name); }) + "]";
  const auto expanded = [&](const SourceView& view) {
    return quote(view.source->name) + ":{" + (info ? "\"info\":" + connector_info(*view.source) : "") +
           (info && status ? "," : "") + (status ? "\"status\":" + connector_status(view) : "") + "}";
  };
  return "{" + list(views, expanded) + "}";
}

std::string sources(const Identity& identity, const KafkaView& kafka, const ConfigView& config,
                    const std::vector<SourceView>& views, Time now) {
  return "{\"now\":" + quote(format_rfc3339(now)) + ",\"instance\":" + quote(identity.instance) +
         ",\"version\":" + quote(identity.version) + ",\"commit\":" + quote(identity.commit) +
         ",\"group\":" + quote(identity.group) + ",\"offsets_topic\":" + quote(identity.offsets_topic) +
         ",\"partitions\":" + std::to_string(identity.partitions) +
         ",\"kafka\":{\"reachable\":" + (kafka.reachable ? "true" : "false") +
         ",\"since\":" + time_or_null(kafka.since) + ",\"error\":" + quote(kafka.error) +
         "},\"config\":{\"taken\":" + (config.refused_at ? "false" : "true") +
         ",\"refused_at\":" + time_or_null(config.refused_at) + ",\"error\":" + quote(config.error) +
         "},\"sources\":[" + list(views, [now](const SourceView& view) { return source_of(view, now); }) +
         "]}";
}

}  // namespace auditstream::admin
