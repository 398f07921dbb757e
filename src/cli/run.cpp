#include "cli/commands.h"
#include "cli/version.h"
#include "runtime/daemon.h"
#include "runtime/instance.h"
#include "runtime/log.h"

namespace auditstream {
namespace {

int run_logged(const std::string& path, const Loaded& loaded, const std::string& wait_for_kafka) {
  for (const Finding& warning : loaded.warnings) {
    log_at_start(Level::warn, "config_warning", warning.text());
  }
  for (const Finding& missing : loaded.missing_secrets) {
    log_at_start(Level::error, "secret_missing", missing.text() + "; the source fails until it can be read");
  }
  for (const Finding& mistake : loaded.mistakes) {
    log_at_start(Level::error, "config_mistake", mistake.text());
  }
  if (!loaded.config) return exit_config;
  const Result<Duration> wait = parse_duration(wait_for_kafka);
  if (!wait.ok()) {
    log_at_start(Level::error, "usage", "--wait-for-kafka: " + wait.error().message);
    return exit_usage;
  }
  log(Level::info, "starting", "auditstream " + version() + (commit().empty() ? "" : " (" + commit() + ")"));
  return run_daemon(path, *loaded.config, *wait, admin::Build{version(), commit()});
}

}  // namespace

int run_command(const std::string& path, const std::string& wait_for_kafka) {
  const Loaded loaded = load_all(path);
  block_signals();  // before the log's thread
  start_log(loaded.log, instance_name());
  const int code = run_logged(path, loaded, wait_for_kafka);
  flush_log();
  return code;
}

}  // namespace auditstream
