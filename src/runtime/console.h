// Console: what the HTTP server serves of a running instance: state for people, Kafka Connect's tools and
// Prometheus, and changes of cursors, which are made as any operator's tool makes them. All of it from any
// thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "admin/api.h"
#include "admin/board.h"
#include "admin/config_view.h"
#include "admin/kafka_view.h"
#include "base/mutex.h"
#include "config/config.h"
#include "core/fleet.h"
#include "runtime/cursor_editor.h"
#include "runtime/watchdog.h"
#include "runtime/worker.h"

namespace auditstream::runtime {

class Console {
 public:
  // What to serve; everything outlives the time between attach() and detach().
  struct Running {
    Worker* worker;
    const Watchdog* watchdog;
    std::function<admin::KafkaView()> kafka;
    std::string cluster_id;
  };
  // As Prometheus reads them; without a status: nothing is at work, or the loop does not answer.
  using Metrics =
      std::function<std::string(const std::optional<core::FleetStatus>&, const admin::KafkaView&)>;

  // `config` and `board` outlive the console. Kafka is silent from `started` on until it answers.
  Console(const config::Config& config, admin::Identity identity, const admin::Board& board, Metrics metrics,
          Time started);

  // From now on something is at work; until then, and after detach(), nobody can tell how the sources are.
  void attach(Running running);
  void detach();
  // After detach(): returns when no change is under way any more.
  void finish();
  // Before attach(): Kafka has answered, or why it does not, since `now` unless it was silent before.
  void kafka_answers();
  void kafka_is_silent(std::string why, Time now);
  // How the last reading of the config has ended.
  void config_read(admin::ConfigView view);

  // Who is turned away, whether we live, and the page: all that waits for nothing.
  std::optional<admin::HttpResponse> at_once(const admin::HttpRequest& head) const;
  // Everything else that at_once() leaves.
  admin::HttpResponse in_time(const admin::HttpRequest& request);

 private:
  // What there is to tell beside the sources, in one moment.
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

  const config::Config& config_;
  admin::Identity identity_;
  const admin::Board& board_;
  const Metrics metrics_;
  const admin::AccessPolicy access_policy_;
  const CursorEditor editor_;

  mutable Mutex mutex_;
  std::optional<Running> running_ AS_GUARDED_BY(mutex_);  // and so is the use of what it points to
  admin::KafkaView kafka_ AS_GUARDED_BY(mutex_);          // while nothing is running
  admin::ConfigView config_view_ AS_GUARDED_BY(mutex_);
  Mutex editing_;             // one change at a time
  mutable Mutex life_mutex_;  // never held for longer than it takes to look
  const Watchdog* watchdog_ AS_GUARDED_BY(life_mutex_) = nullptr;
};

}  // namespace auditstream::runtime
