#include "runtime/daemon.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

#include "admin/metrics.h"
#include "admin/sources_view.h"
#include "base/exit_code.h"
#include "base/hash.h"
#include "base/mutex.h"
#include "core/falling_rate.h"
#include "core/fleet.h"
#include "core/observers.h"
#include "http/curl_client.h"
#include "kafka/cluster.h"
#include "kafka/group_check.h"
#include "kafka/group_membership.h"
#include "kafka/kafka_journal.h"
#include "kafka/lost_cursors.h"
#include "kafka/offsets_tail.h"
#include "kafka/topic_fit.h"
#include "runtime/admin_api.h"
#include "runtime/clock.h"
#include "runtime/http_server.h"
#include "runtime/instance.h"
#include "runtime/kafka_connection.h"
#include "runtime/kafka_watch.h"
#include "runtime/log.h"
#include "runtime/process_stats.h"
#include "runtime/reload.h"
#include "runtime/secrets.h"
#include "runtime/supervisor.h"
#include "runtime/watchdog.h"
#include "runtime/worker.h"

namespace auditstream::runtime {
namespace {

constexpr Duration drain_max = 30s;
constexpr Duration kafka_try = 5s;
constexpr Duration offsets_patience = 30s;
constexpr Duration unavailable_said_max = 5min;
constexpr int hang_max_ticks = 15;

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// Waits for signals in a thread of its own, so that nothing has to be async-signal-safe.
class Signals {
 public:
  explicit Signals(Supervisor& supervisor) : supervisor_(supervisor), thread_([this] { wait(); }) {}
  ~Signals() {
    done_ = true;
    pthread_kill(thread_.native_handle(), SIGHUP);
    thread_.join();
  }

  // Who is told of signals from now on. Null: nothing is running, so the process ends at once.
  void direct_to(Worker* worker, Reload* reload) {
    const MutexLock lock(mutex_);
    worker_ = worker;
    reload_ = reload;
    if (reload != nullptr && std::exchange(reload_wanted_, false)) reload->request();
  }

 private:
  void wait() {
    const sigset_t set = ending_signals();
    std::optional<Steady> deadline;
    while (!done_) {
      const timespec patience{1, 0};
      const int signal = sigtimedwait(&set, nullptr, &patience);
      const bool ending = signal == SIGTERM || signal == SIGINT;
      const MutexLock lock(mutex_);
      if (worker_ == nullptr) {
        reload_wanted_ = reload_wanted_ || signal == SIGHUP;
        if (!ending) continue;
        supervisor_.stopping();
        log_and_exit(exit_done, core::Level::info, "stopped", "nothing is at work: ending at once");
      }
      if (signal == SIGHUP) {
        reload_->request();
      } else if (ending && !deadline) {
        deadline = read_clock().steady + drain_max;
        supervisor_.stopping();
        log(core::Level::info, "draining", "ending: committing what is complete");
        worker_->drain();
      } else if (deadline && (signal == SIGINT || read_clock().steady >= *deadline)) {
        // A second Ctrl-C, or the drain took too long. What was not committed is read from the vendors again.
        log(core::Level::warn, "abandoned", "ending without waiting any longer; nothing is lost");
        worker_->abandon();
        deadline = Steady::max();
      }
    }
  }

  Supervisor& supervisor_;

  Mutex mutex_;
  Worker* worker_ AS_GUARDED_BY(mutex_) = nullptr;
  Reload* reload_ AS_GUARDED_BY(mutex_) = nullptr;
  bool reload_wanted_ AS_GUARDED_BY(mutex_) = false;  // a SIGHUP came before there was anything to reload
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

// For whatever is retried again and again.
void log_unavailable(const std::string& text, core::FallingRate& notices) {
  if (notices.due(read_clock().steady)) log(core::Level::warn, "kafka_unavailable", text + "; trying again");
}

void log_misconfigured(const std::string& problems) {
  std::istringstream lines(problems);
  for (std::string line; std::getline(lines, line);) log(core::Level::error, "kafka_misconfigured", line);
}

void log_lost_cursors(const kafka::LostCursors& lost) {
  for (const std::string& text : lost.gone) log(core::Level::error, "cursor_gone", text);
  for (const std::string& text : lost.unknown) log(core::Level::warn, "kafka_warning", text);
}

void log_windows_at_risk(const config::Config& config, const core::OffsetsView& offsets) {
  if (const auto sentence = kafka::windows_at_risk(config, offsets, read_clock().wall))
    log(core::Level::warn, "kafka_warning", *sentence);
}

// The exit code if Kafka can't be reached in time, or its configuration doesn't allow a run.
std::variant<kafka::ClusterFacts, int> wait_for_kafka(const kafka::Cluster& cluster,
                                                      const config::Config& config, Duration patience,
                                                      Supervisor& supervisor, AdminApi& admin_api) {
  const Steady deadline = read_clock().steady + patience;
  const std::string& servers = config.kafka.at("bootstrap.servers");
  supervisor.status("waiting for Kafka at " + servers);
  core::FallingRate notices(kafka_try, unavailable_said_max);
  while (true) {
    const Duration left = deadline - read_clock().steady;
    const Status reached = cluster.reach(std::clamp<Duration>(left, 1s, kafka_try));
    Error why;
    if (reached.ok()) {
      Result<kafka::ClusterFacts> prepared = cluster.prepare(config, true);
      if (prepared.ok()) return *std::move(prepared);
      why = prepared.error();
      if (why.lasts()) {
        log_misconfigured(why.message);
        return exit_code(why);
      }
    } else {
      why = reached.error();
    }
    const std::string text =
        "Kafka can't be reached at " + servers + " (kafka.bootstrap.servers): " + why.message;
    if (why.lasts()) {
      log_misconfigured(text);
      return exit_code(why);
    }
    if (read_clock().steady >= deadline) {
      log(core::Level::error, "kafka_unavailable",
          text + "; gave up after " + format_duration(patience) + " (--wait-for-kafka)");
      return exit_code(why);
    }
    log_unavailable(text, notices);
    admin_api.kafka_is_silent(servers + " (kafka.bootstrap.servers): " + why.message, read_clock().wall);
  }
}

struct Beginning {
  kafka::ClusterFacts facts;
  core::OffsetsView offsets;
};

// Everything that must be true before anything is polled; otherwise the exit code.
std::variant<Beginning, int> begin(const kafka::Connection& connection, const kafka::Cluster& cluster,
                                   const config::Config& config, Duration patience, Supervisor& supervisor,
                                   AdminApi& admin_api) {
  const Steady deadline = read_clock().steady + patience;
  std::variant<kafka::ClusterFacts, int> prepared =
      wait_for_kafka(cluster, config, patience, supervisor, admin_api);
  if (const int* code = std::get_if<int>(&prepared)) return *code;
  admin_api.kafka_answers();
  Beginning beginning{std::get<kafka::ClusterFacts>(std::move(prepared)), {}};
  for (const std::string& warning : beginning.facts.warnings)
    log(core::Level::warn, "kafka_warning", warning);
  Result<std::vector<core::RecordMap>> offsets = cluster.read_offsets(config.offsets.topic, offsets_patience);
  core::FallingRate notices(kafka_try, unavailable_said_max);
  // A topic that exists may have partitions without a leader for a while.
  while (!offsets.ok() && !offsets.error().lasts() && read_clock().steady < deadline) {
    log_unavailable(offsets.error().message, notices);
    admin_api.kafka_is_silent(offsets.error().message, read_clock().wall);
    offsets = cluster.read_offsets(config.offsets.topic, offsets_patience);
  }
  if (!offsets.ok()) {
    log(core::Level::error, "kafka_unavailable", offsets.error().message);
    return exit_code(offsets.error());
  }
  admin_api.kafka_answers();
  beginning.offsets = core::OffsetsView::of(*offsets);
  log_windows_at_risk(config, beginning.offsets);
  log_lost_cursors(kafka::lost_cursors(connection, config, beginning.offsets));
  const kafka::GroupVerdict verdict =
      kafka::check_group(connection, config, beginning.offsets, kafka::dead_member_patience(config));
  if (verdict.mistake) {
    log(core::Level::error, "group_misconfigured", *verdict.mistake);
    return exit_config;
  }
  if (verdict.warning) log(core::Level::warn, "kafka_warning", *verdict.warning);
  return beginning;
}

// Null if the config wants no server.
Result<std::unique_ptr<HttpServer>> serve(const config::Config& config, AdminApi& admin_api) {
  if (config.http.listen == "off") return std::unique_ptr<HttpServer>();
  auto server = HttpServer::start(
      config.http.listen,
      {[&admin_api](const admin::HttpRequest& head) { return admin_api.at_once(head); },
       [&admin_api](const admin::HttpRequest& request) { return admin_api.in_time(request); }});
  if (server.ok()) {
    log(core::Level::info, "http_listening",
        "status page, metrics and control at http://" + (*server)->address() + "/");
  } else {
    log(core::Level::error, "http_not_listening", server.error().message);
  }
  return server;
}

// The topics that journals ask for at each opening; a reload replaces them.
class Topics {
 public:
  kafka::WritableTopics now() const {
    const MutexLock lock(mutex_);
    return topics_;
  }
  void replace(const config::Config& config, const kafka::ClusterFacts& facts) {
    kafka::WritableTopics topics;
    std::set<std::string> names;
    for (const auto& source : config.sources) {
      names.insert(source->topic);
      names.insert(source->dead_letter_topic);
    }
    if (config.heartbeats) names.insert(config.heartbeats->topic);
    topics.names = {names.begin(), names.end()};
    topics.record_bytes_max = facts.record_bytes_max;
    for (const auto& [topic, bytes] : facts.record_bytes_max) {
      topics.batch_bytes_max = std::min(topics.batch_bytes_max, bytes);
    }
    const MutexLock lock(mutex_);
    topics_ = std::move(topics);
  }

 private:
  mutable Mutex mutex_;
  kafka::WritableTopics topics_ AS_GUARDED_BY(mutex_);
};

}  // namespace

void block_signals() {
  const sigset_t set = ending_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int run_daemon(const std::string& path, const config::Config& config, Duration kafka_wait,
               const admin::Build& build) {
  Supervisor supervisor;
  Signals signals(supervisor);
  admin::Metrics metrics(build, config.metrics.per_source);
  metrics.configure(config.sources);
  metrics.config_read(read_clock().wall);
  admin::SourcesView sources_view(config.offsets.partitions);
  sources_view.configure(config.sources);
  AdminApi admin_api(
      config,
      admin::Identity{build.version, build.commit, instance_name(), config.group, config.offsets.topic,
                      config.offsets.partitions, ""},
      sources_view,
      [&](const std::optional<core::FleetStatus>& fleet, const admin::KafkaView& kafka) {
        return metrics.exposition(fleet, process_stats(), kafka);
      },
      read_clock().wall);
  const Result<std::unique_ptr<HttpServer>> server = serve(config, admin_api);
  if (!server.ok()) return exit_config;
  const kafka::Connection connection = kafka_connection(config, kafka::client_id_of(instance_name()));
  const kafka::Cluster cluster(connection);
  std::variant<Beginning, int> begun = begin(connection, cluster, config, kafka_wait, supervisor, admin_api);
  if (const int* code = std::get_if<int>(&begun)) return *code;
  auto& [facts, offsets] = std::get<Beginning>(begun);

  const auto contact = std::make_shared<kafka::Contact>();
  KafkaWatch kafka_watch(contact);
  LogObserver log_lines([&] { return !kafka_watch.view().reachable; });
  core::Observers observer({&log_lines, &metrics});
  ReadSecrets secrets;
  http::CurlClient client({}, "auditstream");
  core::ShardWorld world{client,
                         secrets,
                         observer,
                         {},
                         facts.record_bytes_max,
                         offsets.places(),
                         {},
                         1,
                         hash64(instance_name())};
  if (config.heartbeats)
    world.heartbeats = core::HeartbeatSeries{config.heartbeats->topic, config.heartbeats->interval};

  kafka::JournalSettings settings;
  settings.connection = connection;
  settings.group = config.group;
  settings.offsets_topic = config.offsets.topic;
  settings.instance = instance_name();
  Topics topics;
  topics.replace(config, facts);
  settings.topics = [&topics] { return topics.now(); };
  settings.now = [] { return read_clock().wall; };
  settings.terms = kafka::terms_of(config);
  settings.contact = contact;

  std::unique_ptr<kafka::GroupMembership> membership;
  std::unique_ptr<Worker> worker;
  std::map<int, std::shared_ptr<kafka::WrittenOffsets>> written;
  for (int partition = 0; partition < config.offsets.partitions; ++partition)
    written.emplace(partition, std::make_shared<kafka::WrittenOffsets>());
  core::Fleet fleet(
      config.sources, config.offsets.partitions,
      [&](int partition, std::uint64_t number) {
        kafka::JournalSettings its = settings;
        its.partition = partition;
        its.written = written.at(partition);
        its.restoring = [partition](std::size_t records) {
          log(core::Level::info, "restoring",
              "reading the cursors of partition " + std::to_string(partition) + ": " +
                  std::to_string(records) + " records so far");
        };
        its.connection.client_id += "-p" + std::to_string(partition);
        return std::make_unique<kafka::KafkaJournal>(std::move(its),
                                                     [&worker, number](core::JournalEvent event) {
                                                       worker->post(JournalMessage{number, std::move(event)});
                                                     });
      },
      [&](int partition) { membership->released(partition); }, world);
  worker = std::make_unique<Worker>(client, fleet);
  const kafka::OffsetsTail tail(
      {connection, config.group, config.offsets.topic, config.offsets.partitions, contact},
      [&](const kafka::OffsetsRecord& record) {
        if (std::optional<core::OffsetsEvent> event =
                sources_view.apply(record.partition, record.key, record.value))
          worker->post(*std::move(event));
      });
  membership = std::make_unique<kafka::GroupMembership>(
      kafka::MembershipSettings{connection, config.group, config.offsets.topic, contact},
      [&](core::MembershipEvent event) { worker->post(std::move(event)); },
      [](const core::Notice& say) { log(say.level, say.code, say.text); });
  const std::string shape = std::to_string(config.sources.size()) + " sources in " +
                            std::to_string(config.offsets.partitions) + " partitions of " +
                            config.offsets.topic + ", shared by the group " + config.group;
  log(core::Level::info, "started", shape);
  supervisor.status(shape);
  supervisor.ready();
  {
    const auto apply = [&](const config::Config& next) -> Status {
      const Result<kafka::ClusterFacts> ready = cluster.prepare(next, true);
      if (!ready.ok()) return ready.error();
      const kafka::ClusterFacts& known = *ready;
      for (const std::string& warning : known.warnings) log(core::Level::warn, "kafka_warning", warning);
      if (const auto offsets_now = cluster.read_offsets(next.offsets.topic, offsets_patience);
          offsets_now.ok()) {
        const core::OffsetsView view = core::OffsetsView::of(*offsets_now);
        log_windows_at_risk(next, view);
        log_lost_cursors(kafka::lost_cursors(connection, next, view));
      }
      topics.replace(next, known);
      sources_view.configure(next.sources);
      metrics.configure(next.sources);
      worker->post(core::Reconfiguration{next.sources, known.record_bytes_max});
      return success();
    };
    const auto reloaded = [&](const std::optional<std::string>& refused) {
      const Time now = read_clock().wall;
      admin_api.config_read(refused ? admin::ConfigView{floor_second(now), *refused} : admin::ConfigView{});
      if (refused) {
        metrics.config_refused();
      } else {
        metrics.config_read(now);
      }
    };
    Reload reload(path, config, apply, reloaded, supervisor);
    std::optional<Watchdog> watchdog;
    watchdog.emplace([&] { return worker->turns(); }, hang_max_ticks, [&] { kafka_watch.tick(); },
                     [&] { supervisor.tick(); },
                     [] {
                       log_and_exit(exit_internal, core::Level::error, "hung",
                                    "the event loop hangs: ending, so that another instance takes over");
                     });
    admin_api.attach({worker.get(), &*watchdog, [&] { return kafka_watch.view(); }, facts.cluster_id});
    signals.direct_to(worker.get(), &reload);
    worker->run();
    admin_api.detach();
    watchdog.reset();  // the loop has ended, which is no hang
    // First of all, so that others take over at once.
    membership.reset();
    signals.direct_to(nullptr, nullptr);
  }
  admin_api.finish();
  log(core::Level::info, "stopped", "what was committed is in Kafka; the rest will be read again");
  return exit_done;
}

}  // namespace auditstream::runtime
