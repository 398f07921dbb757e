// Daemon: composition root of `run`. Owns everything in the order of construction.
#pragma once

#include <string>

#include "admin/build.h"
#include "auditstream/time.h"
#include "config/config.h"

namespace auditstream::runtime {

// Polls and publishes until SIGTERM or SIGINT; returns the exit code. `path` is where `config` came from, to
// be read again on SIGHUP; `kafka_wait` is how long a first connection is tried. SIGTERM, SIGINT and SIGHUP
// must be blocked in every thread (block_signals).
int run_daemon(const std::string& path, const config::Config& config, Duration kafka_wait,
               const admin::Build& build);

// Before any thread starts.
void block_signals();

}  // namespace auditstream::runtime
