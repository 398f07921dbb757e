#include "admin/process_stats.h"

#include <sstream>
#include <string>
#include <vector>

namespace auditstream::admin {
namespace {

// Fields of /proc/PID/stat, numbered from 1 as in proc(5).
constexpr std::size_t field_user_ticks = 14;
constexpr std::size_t field_system_ticks = 15;
constexpr std::size_t field_threads = 20;
constexpr std::size_t field_start_ticks = 22;
constexpr std::size_t field_virtual_bytes = 23;
constexpr std::size_t field_resident_pages = 24;
constexpr std::size_t field_after_name = 3;

// When the machine was booted, in seconds since 1970.
std::optional<double> boot_time(std::string_view system) {
  std::istringstream lines{std::string(system)};
  for (std::string line; std::getline(lines, line);) {
    double seconds = 0;
    if (line.starts_with("btime ") && std::istringstream(line.substr(6)) >> seconds) return seconds;
  }
  return std::nullopt;
}

}  // namespace

std::optional<ProcessStats> parse_process_stat(std::string_view process, std::string_view system,
                                               ProcUnits units) {
  // The program's name is in parentheses and may itself contain parentheses and spaces.
  const std::size_t name_end = process.rfind(')');
  const std::optional<double> boot = boot_time(system);
  if (name_end == std::string_view::npos || !boot) return std::nullopt;
  std::istringstream in{std::string(process.substr(name_end + 1))};
  std::string process_state;
  in >> process_state;
  std::vector<double> fields;  // those after the state
  for (double field = 0; in >> field;) fields.push_back(field);
  const auto field = [&](std::size_t number) { return fields[number - field_after_name - 1]; };
  if (fields.size() < field_resident_pages - field_after_name) return std::nullopt;

  const auto ticks = static_cast<double>(units.ticks_per_second);
  ProcessStats stats;
  stats.cpu_seconds = (field(field_user_ticks) + field(field_system_ticks)) / ticks;
  stats.start_time_seconds = *boot + field(field_start_ticks) / ticks;
  stats.virtual_bytes = static_cast<std::uint64_t>(field(field_virtual_bytes));
  stats.resident_bytes =
      static_cast<std::uint64_t>(field(field_resident_pages)) * static_cast<std::uint64_t>(units.page_bytes);
  stats.threads = static_cast<std::uint64_t>(field(field_threads));
  return stats;
}

}  // namespace auditstream::admin
