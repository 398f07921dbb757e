// Daemon: composition root of `run`. Owns everything in the order of construction.
#pragma once

#include <string>

#include "admin/build.h"
#include "auditstream/time.h"
#include "config/config.h"

namespace auditstream {

// Exit codes of the whole program.
inline constexpr int exit_done = 0;
inline constexpr int exit_problem = 1;
inline constexpr int exit_usage = 64;
inline constexpr int exit_unavailable = 69;
inline constexpr int exit_internal = 70;
inline constexpr int exit_config = 78;

// Polls and publishes until SIGTERM or SIGINT; returns the exit code. `path` is where `config` came from, to
// be read again on SIGHUP; `kafka_wait` is how long a first connection is tried. SIGTERM, SIGINT and SIGHUP
// must be blocked in every thread (block_signals).
int run_daemon(const std::string& path, const Config& config, Duration kafka_wait, const admin::Build& build);

// Before any thread starts.
void block_signals();

}  // namespace auditstream
