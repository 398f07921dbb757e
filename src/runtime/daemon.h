// Daemon: composition root of `run`. Owns everything in the order of construction.
#pragma once

#include <string>

#include "admin/build.h"
#include "auditstream/time.h"
#include "config/config.h"

namespace auditstream::runtime {

// Polls and publishes until SIGTERM or SIGINT; returns the exit code. `path` is the file of `config`, read
// again on SIGHUP; `kafka_wait` limits the attempts to connect first. SIGTERM, SIGINT and SIGHUP must be
// blocked in every thread (block_signals).
int run_daemon(const std::string& path, const config::Config& config, Duration kafka_wait,
               const admin::Build& build);

// Must be called before any thread starts.
void block_signals();

}  // namespace auditstream::runtime
