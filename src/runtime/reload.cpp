#include "runtime/reload.h"

#include <chrono>
#include <utility>

#include "config/changes.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace auditstream::runtime {
namespace {

constexpr auto look_interval = std::chrono::seconds(1);
constexpr Duration retry_wait = 10s;

}  // namespace

Reload::Reload(std::string path, config::Config current, std::function<Status(const config::Config&)> apply,
               std::function<void(const std::optional<std::string>& refused)> reloaded,
               Supervisor& supervisor)
    : path_(std::move(path)),
      apply_(std::move(apply)),
      reloaded_(std::move(reloaded)),
      supervisor_(supervisor),
      current_(std::move(current)),
      stamp_(config::config_stamp(path_, current_.include)),
      stamp_before_(stamp_),
      thread_([this] { run(); }) {}

Reload::~Reload() {
  {
    const MutexLock lock(mutex_);
    done_ = true;
  }
  wakeup_.notify_one();
  thread_.join();
}

void Reload::request() {
  {
    const MutexLock lock(mutex_);
    requested_ = true;
  }
  wakeup_.notify_one();
}

void Reload::run() {
  while (true) {
    bool requested = false;
    {
      MutexLock lock(mutex_);
      wakeup_.wait_for(lock, look_interval, [this]() AS_REQUIRES(mutex_) { return done_ || requested_; });
      if (done_) return;
      requested = std::exchange(requested_, false);
    }
    const bool due = retry_at_ && read_clock().steady >= *retry_at_;
    if (!files_have_changed() && !requested && !due) continue;
    retry_at_.reset();
    supervisor_.reloading();
    if (!read_again()) retry_at_ = read_clock().steady + retry_wait;
    supervisor_.ready();
  }
}

// A file that is still being written differs from one check to the next.
bool Reload::files_have_changed() {
  const std::string stamp = config::config_stamp(path_, current_.include);
  const bool settled = stamp == std::exchange(stamp_before_, stamp);
  return settled && stamp != stamp_;
}

bool Reload::read_again() {
  stamp_ = stamp_before_ = config::config_stamp(path_, current_.include);
  config::Loaded loaded = config::load_config(path_, read_clock().wall);
  for (const config::Finding& warning : loaded.warnings)
    log(core::Level::warn, "config_warning", warning.text());
  for (const config::Finding& missing : loaded.missing_secrets) {
    log(core::Level::error, "secret_missing", missing.text() + "; the source fails until it can be read");
  }
  for (const config::Finding& mistake : loaded.mistakes)
    log(core::Level::error, "config_mistake", mistake.text());
  if (!loaded.config) {
    const std::size_t more = loaded.mistakes.size() - 1;
    refuse(loaded.mistakes.front().text() +
           (more > 0 ? ", and " + std::to_string(more) + " more mistakes" : "") + ": nothing has changed");
    return true;
  }
  if (loaded.config->topics != current_.topics) {
    refuse(
        "topics: has changed, and all instances of the group must agree on it: stop them all, then start "
        "them again; nothing has changed");
    return true;
  }
  for (const std::string& section : config::needing_restart(current_, *loaded.config)) {
    log(core::Level::warn, "restart_needed", section + ": has changed, which needs a restart to take effect");
  }
  config::Config next = current_;
  next.include = std::move(loaded.config->include);
  next.sources = std::move(loaded.config->sources);
  const config::SourceChanges changes = config::compare_sources(current_.sources, next.sources);
  if (!changes.none()) {
    if (const Status applied = apply_(next); !applied.ok()) {
      refuse(applied.error().message + "; nothing has changed, trying again soon");
      return false;
    }
  }
  current_ = std::move(next);
  stamp_ = stamp_before_ = config::config_stamp(path_, current_.include);
  const std::string text = "the config was read again: " + changes.text();
  log(core::Level::info, "config_read", text);
  reloaded_(std::nullopt);
  supervisor_.status(text);
  return true;
}

void Reload::refuse(const std::string& why) {
  log(core::Level::error, "config_refused", why);
  reloaded_(why);
  supervisor_.status("config refused: " + why);
}

}  // namespace auditstream::runtime
