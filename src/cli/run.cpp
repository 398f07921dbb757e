#include <iostream>

#include "cli/commands.h"
#include "cli/version.h"
#include "run/daemon.h"
#include "run/log.h"

namespace auditstream {

int run_command(const std::string& path, const std::string& wait_for_kafka) {
  const Result<Duration> wait = parse_duration(wait_for_kafka);
  if (!wait.ok()) {
    std::cerr << "--wait-for-kafka: " << wait.error().message << "\n";
    return exit_usage;
  }
  const std::unique_ptr<Config> config = load_or_complain(path);
  if (!config) return exit_config;
  block_signals();
  start_log(config->log);
  log(Level::info, "starting", "auditstream " + version() + (commit().empty() ? "" : " (" + commit() + ")"));
  return run_daemon(path, *config, *wait, ops::Build{version(), commit()});
}

}  // namespace auditstream
