#include "runtime/admin_api.h"

#include <string_view>
#include <utility>

#include "admin/documents.h"
#include "admin/status_page.h"
#include "auditstream/vendor.h"
#include "core/adoption.h"
#include "core/home_partition.h"
#include "runtime/clock.h"
#include "runtime/http_server.h"
#include "runtime/log.h"

namespace auditstream::runtime {
namespace {

constexpr Duration loop_hangs_after = 10s;
constexpr auto answer_patience = std::chrono::seconds(2);
constexpr const char* not_at_work = "not at work: starting, or ending";

admin::HttpResponse plain(int status, std::string text) {
  return {status, std::move(text) + "\n", "text/plain; charset=utf-8"};
}

bool is_get(const admin::HttpRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

bool wants_page(const admin::HttpRequest& request) {
  const auto accept = request.headers.find("accept");
  return request.path == "/" && request.method == "GET" && accept != request.headers.end() &&
         accept->second.find("text/html") != std::string::npos;
}

admin::HttpResponse page(std::string_view html, std::string_view policy) {
  admin::HttpResponse response{200, std::string(html), "text/html; charset=utf-8"};
  response.headers.emplace_back("Content-Security-Policy", std::string(policy));
  return response;
}

DecideEdit decision(const admin::Change& change, int home) {
  using Kind = admin::Change::Kind;
  const auto if_meant = [change](Result<core::CursorChange> edit) -> Result<core::CursorChange> {
    if (!edit.ok()) return edit;
    const std::string& name = change.source->name;
    const std::string skip = change.allow_skip ? "" : edit->skip(name);
    if (!skip.empty()) return Error{skip + "; if that is meant, add ?allow_skip=true"};
    const bool paused = edit->before && edit->before->state == core::Cursor::State::paused;
    if (!paused && !change.confirmed) {
      return Error{name + " is not paused, and after this " + edit->consequence() +
                   ": pause it first (PUT /connectors/" + name + "/pause), or add ?yes=true"};
    }
    return edit;
  };
  switch (change.kind) {
    case Kind::pause:
    case Kind::resume: {
      const auto state =
          change.kind == Kind::pause ? core::Cursor::State::paused : core::Cursor::State::running;
      return [change, state](const core::ShardMaps& shards, Time now) {
        return core::pause_cursor(change.source->name, shards, state, now);
      };
    }
    case Kind::restart:
      // Needs no records: an owner opens its shard again whenever somebody else has opened the partition.
      return [home](const core::ShardMaps&, Time) {
        return Result<core::CursorChange>(core::CursorChange{home, home, {}, {}, {}});
      };
    case Kind::set:
      return [=](const core::ShardMaps& shards, Time now) {
        return if_meant(core::set_cursor(*change.source, shards, home, change.position, now));
      };
    case Kind::reset:
      return [=](const core::ShardMaps& shards, Time now) {
        const Time since = core::first_since(*change.source, now);
        return if_meant(core::reset_cursor(*change.source, shards, home, since, now));
      };
  }
  AS_CHECK(false);
}

const char* words_of(admin::Change::Kind kind) {
  switch (kind) {
    case admin::Change::Kind::pause:
      return "paused";
    case admin::Change::Kind::resume:
      return "resumed";
    case admin::Change::Kind::restart:
      return "restarted";
    case admin::Change::Kind::set:
      return "its cursor was set";
    case admin::Change::Kind::reset:
      return "its cursor was reset";
  }
  return "";
}

int status_of(const Error& error) {
  if (!error.lasts()) return 503;
  return error.kind == ErrorKind::refused || error.kind == ErrorKind::not_found ? 409 : 500;
}

}  // namespace

AdminApi::AdminApi(const config::Config& config, admin::Identity identity,
                   const admin::SourcesView& sources_view, Metrics metrics, Time started)
    : config_(config),
      identity_(std::move(identity)),
      sources_view_(sources_view),
      metrics_(std::move(metrics)),
      access_policy_{config.http.listen, HttpServer::is_loopback(config.http.listen), config.http.token,
                     config.http.hosts},
      editor_(config, identity_.instance + "-http"),
      kafka_{false, floor_second(started), "no answer yet"} {}

void AdminApi::attach(Running running) {
  const MutexLock lock(mutex_);
  const MutexLock life_lock(life_mutex_);
  watchdog_ = running.watchdog;
  identity_.cluster_id = running.cluster_id;
  running_ = std::move(running);
}

void AdminApi::detach() {
  const MutexLock lock(mutex_);
  const MutexLock life_lock(life_mutex_);
  watchdog_ = nullptr;
  kafka_ = running_->kafka();
  running_.reset();
}

void AdminApi::finish() { const MutexLock last_change(editing_); }

void AdminApi::kafka_answers() {
  const MutexLock lock(mutex_);
  kafka_ = {};
}

void AdminApi::kafka_is_silent(std::string why, Time now) {
  const MutexLock lock(mutex_);
  if (kafka_.reachable) kafka_ = {false, floor_second(now), ""};
  kafka_.error = std::move(why);
}

void AdminApi::config_read(admin::ConfigView view) {
  const MutexLock lock(mutex_);
  config_view_ = std::move(view);
}

AdminApi::View AdminApi::look() const {
  const MutexLock lock(mutex_);
  return {identity_, running_ ? running_->kafka() : kafka_, config_view_, running_.has_value()};
}

// Nothing if the loop does not answer.
std::optional<core::FleetStatus> AdminApi::ask_fleet() const {
  const auto answer = std::make_shared<std::promise<core::FleetStatus>>();
  std::future<core::FleetStatus> arrival = answer->get_future();
  {
    const MutexLock lock(mutex_);
    if (!running_) return std::nullopt;
    running_->worker->post(StatusQuestion{answer});
  }
  if (arrival.wait_for(answer_patience) != std::future_status::ready) return std::nullopt;
  return arrival.get();
}

// While we wait for Kafka there is no loop that could hang.
admin::HttpResponse AdminApi::live() const {
  const MutexLock lock(life_mutex_);
  const bool hangs = watchdog_ != nullptr && watchdog_->standstill() >= loop_hangs_after;
  return hangs ? plain(503, "the event loop hangs") : plain(200, "ok");
}

admin::HttpResponse AdminApi::ready() const {
  const std::optional<core::FleetStatus> fleet = ask_fleet();
  const View view = look();
  if (fleet && fleet->draining) return plain(503, "ending: committing what is complete");
  if (view.at_work && !fleet) return plain(503, "the event loop does not answer");
  if (!view.kafka.reachable) return plain(503, view.kafka.sentence());
  if (!fleet) return plain(503, not_at_work);
  if (!fleet->joined) return plain(503, "not in the group " + config_.group + " yet");
  if (!fleet->partitions_not_open.empty()) {
    std::string list;
    for (const auto& [partition, failed] : fleet->partitions_not_open)
      list += (list.empty() ? "" : ", ") + std::to_string(partition) +
              (failed ? " (" + failed->error.message + ")" : "");
    return plain(503, "not open yet: partitions " + list + " of " + config_.offsets.topic);
  }
  return plain(200, "ok");
}

admin::HttpResponse AdminApi::metrics() const {
  return {200, metrics_(ask_fleet(), look().kafka), "text/plain; version=0.0.4; charset=utf-8"};
}

std::optional<admin::HttpResponse> AdminApi::at_once(const admin::HttpRequest& head) const {
  if (std::optional<admin::HttpResponse> refusal = refuse_access(head, access_policy_)) return refusal;
  if (is_get(head) && head.path == "/livez") return live();
  if (wants_page(head)) return page(admin::status_page(), admin::status_page_policy());
  if (is_get(head) && head.path == "/runbook") return page(admin::runbook(), admin::runbook_policy());
  return std::nullopt;
}

admin::HttpResponse AdminApi::in_time(const admin::HttpRequest& request) {
  if (is_get(request) && request.path == "/readyz") return ready();
  if (is_get(request) && request.path == "/metrics") return metrics();
  const Time now = read_clock().wall;
  const View view = look();
  const std::string& instance = view.identity.instance;
  const auto views = [&] {
    const std::optional<core::FleetStatus> fleet = ask_fleet();
    std::vector<admin::SourceView> all = sources_view_.view(fleet.value_or(core::FleetStatus{}), now);
    if (!view.kafka.reachable) {
      admin::doubt(all, view.kafka.sentence());
    } else if (!view.at_work) {
      admin::doubt(all, instance + " is " + not_at_work);
    } else if (!fleet) {
      admin::doubt(all, "the event loop of " + instance + " does not answer");
    } else if (!fleet->joined) {
      admin::doubt(all, instance + " is not in the group " + config_.group);
    }
    return all;
  };
  std::variant<admin::HttpResponse, admin::Change, admin::Loan> answered =
      admin::answer(request, view.identity, view.kafka, view.config, views, now);
  if (auto* response = std::get_if<admin::HttpResponse>(&answered)) return std::move(*response);
  if (const auto* loan = std::get_if<admin::Loan>(&answered)) return lend(*loan, instance);
  return carry_out(std::get<admin::Change>(std::move(answered)));
}

admin::HttpResponse AdminApi::lend(const admin::Loan& loan, const std::string& instance) {
  const auto answer = std::make_shared<std::promise<std::optional<core::Lent>>>();
  std::future<std::optional<core::Lent>> arrival = answer->get_future();
  {
    const MutexLock lock(mutex_);
    if (!running_) return admin::not_lent(loan, instance);
    running_->worker->post(LoanQuestion{loan.source, answer});
  }
  if (arrival.wait_for(answer_patience) != std::future_status::ready)
    return admin::error_response(503, "the event loop of " + instance + " does not answer");
  const std::optional<core::Lent> lent = arrival.get();
  return lent ? admin::answer_of(*lent) : admin::not_lent(loan, instance);
}

admin::HttpResponse AdminApi::carry_out(admin::Change change) {
  const MutexLock one_at_a_time(editing_);
  {
    const MutexLock lock(mutex_);
    if (!running_) return admin::error_response(503, std::string(not_at_work) + ": nothing was changed");
  }
  const Source& source = *change.source;
  const int home = core::home_partition(source, config_.offsets.partitions);
  const DecideEdit decide = decision(change, home);
  const auto refusal = [](const Error& error) {
    return admin::error_response(status_of(error), error.message);
  };
  const auto done = [&](const core::CursorChange& made) {
    using Kind = admin::Change::Kind;
    const bool offsets = change.kind == Kind::set || change.kind == Kind::reset;
    if (offsets)
      change.done.body = admin::offsets_changed(change.kind == Kind::set ? "altered" : "reset", made).text();
    return std::move(change.done);
  };
  if (change.kind != admin::Change::Kind::restart) {
    // A change that is refused or does nothing is no reason to take over anybody's shard.
    const Result<core::CursorChange> plan = editor_.plan(source.name, decide);
    if (!plan.ok()) return refusal(plan.error());
    if (plan->records.empty()) return done(*plan);
  }
  const Result<core::CursorChange> result =
      editor_.carry_out(source.name, home, decide, [&](const std::string& failure) {
        log(core::Level::warn, source, "edit_failed", failure + "; trying again");
      });
  if (!result.ok()) return refusal(result.error());
  log(core::Level::info, source, "edited", std::string(words_of(change.kind)) + " over HTTP");
  return done(*result);
}

}  // namespace auditstream::runtime
