// Console: what the HTTP server serves of a running instance: state for people, Kafka Connect's tools and
// Prometheus, and changes of cursors, which are made as any operator's tool makes them. All of it from any
// thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "auditstream/config.h"
#include "auditstream/fleet.h"
#include "ops/api.h"
#include "ops/board.h"
#include "ops/config_view.h"
#include "ops/kafka_view.h"
#include "run/cursor_editor.h"
#include "run/watchdog.h"
#include "run/worker.h"

namespace auditstream {

class Console {
 public:
  // What to serve; everything outlives the time between attach() and detach().
  struct Running {
    Worker* worker;
    const Watchdog* watchdog;
    std::function<ops::KafkaView()> kafka;
    std::string cluster_id;
  };
  // As Prometheus reads them; without a status: nothing is at work, or the loop does not answer.
  using Metrics = std::function<std::string(const std::optional<FleetStatus>&, const ops::KafkaView&)>;

  // `config` and `board` outlive the console. Kafka is silent from `started` on until it answers.
  Console(const Config& config, ops::Identity identity, const ops::Board& board, Metrics metrics,
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
  void config_read(ops::ConfigView view);

  // Who is turned away, whether we live, and the page: all that waits for nothing.
  std::optional<ops::HttpResponse> at_once(const ops::HttpRequest& head) const;
  // Everything else that at_once() leaves.
  ops::HttpResponse in_time(const ops::HttpRequest& request);

 private:
  // What there is to tell beside the sources, in one moment.
  struct View {
    ops::Identity identity;
    ops::KafkaView kafka;
    ops::ConfigView config;
    bool at_work;
  };

  std::optional<FleetStatus> ask_fleet() const;
  View look() const;
  ops::HttpResponse live() const;
  ops::HttpResponse ready() const;
  ops::HttpResponse metrics() const;
  ops::HttpResponse carry_out(ops::Change change);

  const Config& config_;
  ops::Identity identity_;
  const ops::Board& board_;
  const Metrics metrics_;
  const ops::Door door_;
  const CursorEditor editor_;

  mutable std::mutex mutex_;
  std::optional<Running> running_;      // protected by mutex_, and so is the use of what it points to
  ops::KafkaView kafka_;                // protected by mutex_; while nothing is running
  ops::ConfigView config_view_;         // protected by mutex_
  std::mutex editing_;                  // one change at a time
  mutable std::mutex life_mutex_;       // never held for longer than it takes to look
  const Watchdog* watchdog_ = nullptr;  // protected by life_mutex_
};

}  // namespace auditstream
