// What the operating system counts for this process.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace auditstream::admin {

struct ProcessStats {
  double cpu_seconds = 0;         // user and system
  double start_time_seconds = 0;  // since 1970
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
};

// The units of /proc on this machine.
struct ProcUnits {
  long ticks_per_second;
  long page_bytes;
};

// Everything but the file descriptors, from the text of /proc/self/stat and /proc/stat. Nothing if they are
// not in the format of proc(5).
std::optional<ProcessStats> parse_process_stat(std::string_view process, std::string_view system,
                                               ProcUnits units);

}  // namespace auditstream::admin
