#include "bench/usage.h"

#include <sys/resource.h>

namespace auditstream::bench {
namespace {

rusage own_usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

double cpu_seconds() {
  const rusage usage = own_usage();
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_rss_mb() { return static_cast<double>(own_usage().ru_maxrss) / 1024; }

}  // namespace auditstream::bench
