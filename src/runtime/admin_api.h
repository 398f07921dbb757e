// AdminApi: what the HTTP server serves of a running instance: its state for people, Kafka Connect's tools and
// Prometheus; and changes of cursors, made like those of any operator's tool. Callable from any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "admin/access_policy.h"
#include "admin/api.h"
#include "admin/config_view.h"
#include "admin/kafka_view.h"
#include "admin/sources_view.h"
#include "base/mutex.h"
#include "config/config.h"
#include "core/fleet.h"
#include "runtime/cursor_editor.h"
#include "runtime/watchdog.h"
#include "runtime/worker.h"

namespace auditstream::runtime {

class AdminApi {
 public:
  // What to serve; all of it outlives the time between attach() and detach().
  struct Running {
    Worker* worker;
    const Watchdog* watchdog;
    std::function<admin::KafkaView()> kafka;
    std::string cluster_id;
  };
  // For Prometheus. No status: nothing is running, or the loop does not answer.
  using Metrics =
      std::function<std::string(const std::optional<core::FleetStatus>&, const admin::KafkaView&)>;

  // `config` and `sources_view` outlive the console. Kafka counts as silent from `started` on until it answers.
  AdminApi(const config::Config& config, admin::Identity identity, const admin::SourcesView& sources_view,
           Metrics metrics, Time started);

  // From now on the instance is running; before, and after detach(), the state of the sources is unknown.
  void attach(Running running);
  void detach();
  // After detach(): waits for changes that are still being made.
  void finish();
  // Before attach(): Kafka has answered; or why it doesn't, since `now` unless it was silent before.
  void kafka_answers();
  void kafka_is_silent(std::string why, Time now);
  // How the last reading of the config has ended.
  void config_read(admin::ConfigView view);

  // Refusals of access, liveness and the page: whatever can be answered without waiting.
  std::optional<admin::HttpResponse> at_once(const admin::HttpRequest& head) const;
  // Everything else.
  admin::HttpResponse in_time(const admin::HttpRequest& request);

 private:
  // A snapshot of everything except the sources.
  struct View {
    admin::Identity identity;
    admin::KafkaView kafka;
    admin::ConfigView config;
    bool at_work;
  };

  std::optional<core::FleetStatus> ask_fleet() const;
  View look() const;
  admin::HttpResponse live() const;
  admin::HttpResponse ready() const;
  admin::HttpResponse metrics() const;
  admin::HttpResponse carry_out(admin::Change change);
  admin::HttpResponse lend(const admin::Loan& loan, const std::string& instance);

  const config::Config& config_;
  admin::Identity identity_;
  const admin::SourcesView& sources_view_;
  const Metrics metrics_;
  const admin::AccessPolicy access_policy_;
  const CursorEditor editor_;

  mutable Mutex mutex_;
  std::optional<Running> running_ AS_GUARDED_BY(mutex_);  // also held while what it points to is used
  admin::KafkaView kafka_ AS_GUARDED_BY(mutex_);          // while nothing is running
  admin::ConfigView config_view_ AS_GUARDED_BY(mutex_);
  Mutex editing_;             // one change at a time
  mutable Mutex life_mutex_;  // never held for long
  const Watchdog* watchdog_ AS_GUARDED_BY(life_mutex_) = nullptr;
};

}  // namespace auditstream::runtime
