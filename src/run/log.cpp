#include "run/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "auditstream/json.h"
#include "run/clock.h"

namespace auditstream {
namespace {

bool as_json = false;  // constant after start_log

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "error";
}

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

void write(Level level, std::string_view text, const Fields& fields) {
  if (!spdlog::should_log(level_of(level))) return;
  const std::string time = format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(read_clock().wall));
  std::string line;
  if (as_json) {
    line = "{\"time\":" + json::quote(time) + ",\"level\":" + json::quote(name_of(level));
    for (const auto& [name, value] : fields) line += "," + json::quote(name) + ":" + json::quote(value);
    line += ",\"message\":" + json::quote(text) + "}";
  } else {
    line = time + " " + std::string(name_of(level));
    for (const auto& [name, value] : fields) line += " " + std::string(name) + "=" + std::string(value);
    line += " " + std::string(text);
    // One event, one line, and nothing that steers a terminal: some of the text came from outside.
    std::ranges::replace_if(
        line, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  }
  spdlog::log(level_of(level), "{}", line);
}

}  // namespace

void start_log(const LogSettings& settings) {
  auto logger = spdlog::stderr_logger_mt("auditstream");
  logger->set_pattern("%v");
  logger->flush_on(spdlog::level::debug);
  logger->set_level(settings.level == "debug"   ? spdlog::level::debug
                    : settings.level == "warn"  ? spdlog::level::warn
                    : settings.level == "error" ? spdlog::level::err
                                                : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  as_json = settings.format == "json";
}

void log(Level level, std::string_view code, std::string_view text) { write(level, text, {{"code", code}}); }

void log(Level level, const Source& source, std::string_view code, std::string_view text) {
  write(level, text, {{"source", source.name}, {"vendor", source.vendor}, {"code", code}});
}

void LogObserver::said(const Source& source, const Say& say) {
  Fields fields{{"source", source.name}, {"vendor", source.vendor}, {"code", say.code}};
  if (!say.window.empty()) fields.emplace_back("window", say.window);
  if (!say.request_id.empty()) fields.emplace_back("request_id", say.request_id);
  write(say.level, say.text, fields);
}

void LogObserver::shard_said(int partition, const Say& say) {
  const std::string number = std::to_string(partition);
  write(say.level, say.text, {{"partition", number}, {"code", say.code}});
}

void LogObserver::transacted(const Batch& batch, Outcome outcome, Duration took, Time) {
  if (outcome != Outcome::committed) return;  // the shard says why
  log(Level::debug, "committed",
      std::to_string(batch.events) + " events of " + std::to_string(batch.units.size()) + " sources in " +
          format_duration(took));
}

}  // namespace auditstream
