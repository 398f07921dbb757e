#include "runtime/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace auditstream::runtime {
namespace {

std::string text_of(const char* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::uint64_t open_fds() {
  std::error_code failed;
  std::uint64_t count = 0;
  std::filesystem::directory_iterator entry("/proc/self/fd", failed);
  for (; !failed && entry != std::filesystem::directory_iterator{}; entry.increment(failed)) ++count;
  return count == 0 ? 0 : count - 1;  // one of them was opened to count them
}

}  // namespace

std::optional<admin::ProcessStats> process_stats() {
  std::optional<admin::ProcessStats> stats =
      admin::parse_process_stat(text_of("/proc/self/stat"), text_of("/proc/stat"),
                                admin::ProcUnits{sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE)});
  rlimit limit{};
  if (!stats || getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  stats->open_fds = open_fds();
  stats->max_fds = limit.rlim_cur;
  return stats;
}

}  // namespace auditstream::runtime
