#include "base/exit_code.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/version.h"
#include "kafka/client_release.h"
#include "runtime/daemon.h"
#include "runtime/instance.h"
#include "runtime/log.h"

namespace auditstream::cli {
namespace {

int run_logged(const std::string& path, const config::Loaded& loaded, const std::string& wait_for_kafka) {
  for (const config::Finding& warning : loaded.warnings) {
    runtime::log_at_start(core::Level::warn, "config_warning", warning.text());
  }
  for (const config::Finding& missing : loaded.missing_secrets) {
    runtime::log_at_start(core::Level::error, "secret_missing",
                          missing.text() + "; the source fails until it can be read");
  }
  for (const config::Finding& mistake : loaded.mistakes) {
    runtime::log_at_start(core::Level::error, "config_mistake", mistake.text());
  }
  if (!loaded.config) return exit_config;
  const Result<Duration> wait = parse_duration(wait_for_kafka);
  if (!wait.ok()) {
    runtime::log_at_start(core::Level::error, "usage", "--wait-for-kafka: " + wait.error().message);
    return exit_usage;
  }
  runtime::log(core::Level::info, "starting", full_version() + " with librdkafka " + kafka::client_release());
  return runtime::run_daemon(path, *loaded.config, *wait, admin::Build{version(), commit()});
}

}  // namespace

int run_command(const std::string& path, const std::string& wait_for_kafka) {
  const config::Loaded loaded = load_all(path);
  runtime::block_signals();  // before the log's thread
  runtime::start_log(loaded.log, runtime::instance_name());
  const int code = run_logged(path, loaded, wait_for_kafka);
  runtime::flush_log();
  return code;
}

}  // namespace auditstream::cli
