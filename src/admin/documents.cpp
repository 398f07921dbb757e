#include "admin/documents.h"

#include <functional>
#include <map>

#include "core/overlap_advice.h"

namespace auditstream::admin {
namespace {

using json::Value;

// With milliseconds.
Value json_seconds(Duration duration) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(std::chrono::abs(duration)).count();
  const std::string fraction = std::to_string(1000 + millis % 1000);
  return Value::raw((duration < Duration{0} ? "-" : "") + std::to_string(millis / 1000) + "." +
                    fraction.substr(1));
}

std::string trace_of(const SourceView& view) {
  if (view.error.empty() || view.error_status == 0) return view.error;
  return "HTTP " + std::to_string(view.error_status) + ": " + view.error;
}

// The members of a connector's or a task's status.
json::Members state_of(const SourceView& view) {
  json::Members state{{"state", to_string(view.state)}, {"worker_id", view.owner.value_or("")}};
  if (const std::string trace = trace_of(view); !trace.empty()) state.push_back({"trace", trace});
  return state;
}

Value task_id(const Source& source) { return json::object({{"connector", source.name}, {"task", 0}}); }

Value history_of(const core::History& history) {
  return json::object({{"watermark", history.watermark}, {"until", history.until}});
}

std::optional<std::string> overlap_advised(const SourceView& view) {
  const std::optional<Duration> advised = core::advised_overlap(*view.source, *view.cursor);
  return advised ? std::optional(format_duration(*advised)) : std::nullopt;
}

Value source_of(const SourceView& view, Time now) {
  const auto of_cursor = [&](auto member) {
    return view.cursor ? std::optional(std::invoke(member, *view.cursor)) : std::nullopt;
  };
  return json::object({
      {"name", view.source->name},
      {"vendor", view.source->vendor},
      {"account", view.source->account},
      {"partition", view.partition},
      {"known", view.known},
      {"state", to_string(view.state)},
      {"activity", view.activity ? to_string(*view.activity) : ""},
      {"owner", view.owner},
      {"watermark", of_cursor(&core::Cursor::watermark)},
      {"lag_seconds", view.cursor ? json_seconds(now - view.cursor->watermark) : Value::null()},
      {"published", of_cursor(&core::Cursor::published).value_or(0)},
      {"dead_letters", of_cursor(&core::Cursor::dead_letters).value_or(0)},
      {"updated", of_cursor(&core::Cursor::updated)},
      {"last_success", view.last_success},
      {"failing_since", view.failing_since},
      {"attempts", view.attempts},
      {"next_attempt", view.next_attempt},
      {"history", view.cursor && view.cursor->history ? history_of(*view.cursor->history) : Value::null()},
      {"backfill_end", view.backfill_end},
      {"rows_outside", view.rows_outside},
      {"lateness_seconds",
       view.cursor ? std::optional(static_cast<std::uint64_t>(view.cursor->lateness / 1s)) : std::nullopt},
      {"overlap_advised", view.cursor ? overlap_advised(view) : std::nullopt},
      {"error", view.error},
      {"error_status", view.error_status},
      {"per_minute", json::array(view.per_minute)},
  });
}

}  // namespace

Value task_status(const SourceView& view) {
  json::Members status = state_of(view);
  status.insert(status.begin(), {"id", 0});
  return json::object(status);
}

Value connector_status(const SourceView& view) {
  return json::object({{"name", view.source->name},
                       {"connector", json::object(state_of(view))},
                       {"tasks", json::array({task_status(view)})},
                       {"type", "source"}});
}

Value connector_config(const Source& source) {
  std::map<std::string, std::string> config{
      {"name", source.name},
      {"vendor", source.vendor},
      {"account", source.account},
      {"base_url", source.base_url},
      {"topic", source.topic},
      {"dead_letter_topic", source.dead_letter_topic},
      {"poll_interval", format_duration(source.poll_interval)},
      {"overlap", format_duration(source.overlap)},
      {"backfill", source.history_alongside ? "alongside" : "first"},
      {"lanes", source.lanes == 0 ? "auto" : std::to_string(source.lanes)},
      {"page_size", std::to_string(source.page_size)},
      {"key", source.key},
      {"enabled", source.enabled ? "true" : "false"}};
  if (source.backfill_start_time) config["backfill_start_time"] = format_rfc3339(*source.backfill_start_time);
  if (!source.time_field.empty()) config["time_field"] = source.time_field;
  config.insert(source.settings.begin(), source.settings.end());
  for (const auto& [name, values] : source.lists) {
    std::string joined;
    for (const std::string& value : values) joined += (joined.empty() ? "" : ",") + value;
    config[name] = joined;
  }
  for (const auto& [name, secret] : source.secret_templates) config[name] = "[hidden]";
  return json::object({config.begin(), config.end()});
}

Value connector_info(const Source& source) {
  return json::object({{"name", source.name},
                       {"config", connector_config(source)},
                       {"tasks", json::array({task_id(source)})},
                       {"type", "source"}});
}

Value connector_tasks(const Source& source) {
  return json::array({json::object({{"id", task_id(source)}, {"config", connector_config(source)}})});
}

Value connector_topics(const Source& source) {
  const Value topics = json::array({source.topic, source.dead_letter_topic});
  return json::object({{source.name, json::object({{"topics", topics}})}});
}

Value connector_offsets(const SourceView& view) {
  std::vector<Value> offsets;
  if (view.cursor) {
    const core::Cursor& cursor = *view.cursor;
    json::Members offset{{"watermark", cursor.watermark},
                         {"since", cursor.since},
                         {"generation", cursor.generation},
                         {"published", cursor.published},
                         {"dead_letters", cursor.dead_letters}};
    if (cursor.history) offset.push_back({"history", history_of(*cursor.history)});
    offsets.push_back(json::object(
        {{"partition", json::object({{"source", cursor.source}})}, {"offset", json::object(offset)}}));
  }
  return json::object({{"offsets", json::array(offsets)}});
}

Value offsets_changed(const std::string& verb, const core::CursorChange& change) {
  return json::object({{"message", "The offsets for this connector have been " + verb + " successfully; " +
                                       change.consequence()},
                       {"hours_published_again", change.hours_published_again()},
                       {"hours_skipped", change.hours_skipped()}});
}

Value connectors(const std::vector<SourceView>& views, bool info, bool status) {
  if (!info && !status) return json::array(views, [](const SourceView& view) { return view.source->name; });
  json::Members by_name;
  for (const SourceView& view : views) {
    json::Members expanded;
    if (info) expanded.push_back({"info", connector_info(*view.source)});
    if (status) expanded.push_back({"status", connector_status(view)});
    by_name.push_back({view.source->name, json::object(expanded)});
  }
  return json::object(by_name);
}

HttpResponse answer_of(const core::Lent& lent) {
  const std::pair<std::string, Value> wait{"wait_seconds", json_seconds(lent.wait)};
  if (lent.granted) return {200, json::object({wait}).text()};
  const char* message = "another request is lent already";
  return {429, json::object({{"error_code", 429}, {"message", message}, wait}).text()};
}

Value sources(const Identity& identity, const KafkaView& kafka, const ConfigView& config,
              const std::vector<SourceView>& views, Time now) {
  return json::object({
      {"now", now},
      {"instance", identity.instance},
      {"version", identity.version},
      {"commit", identity.commit},
      {"group", identity.group},
      {"offsets_topic", identity.offsets_topic},
      {"partitions", identity.partitions},
      {"kafka",
       json::object({{"reachable", kafka.reachable}, {"since", kafka.since}, {"error", kafka.error}})},
      {"config",
       json::object(
           {{"taken", !config.refused_at}, {"refused_at", config.refused_at}, {"error", config.error}})},
      {"sources", json::array(views, [now](const SourceView& view) { return source_of(view, now); })},
  });
}

}  // namespace auditstream::admin
