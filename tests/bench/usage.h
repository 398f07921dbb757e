// What this process has cost so far.
#pragma once

namespace auditstream::bench {

double cpu_seconds();
double peak_rss_mb();

}  // namespace auditstream::bench
