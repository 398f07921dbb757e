#include "admin/metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace auditstream::admin {
namespace {

using prometheus::ClientMetric;
using prometheus::Histogram;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Labels = std::vector<ClientMetric::Label>;
using Buckets = Histogram::BucketBoundaries;

// In seconds.
const Buckets lateness_buckets{1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10800, 21600, 43200, 86400};
const Buckets arrival_buckets{10, 60, 300, 600, 1800, 3600, 21600, 86400};
const Buckets request_buckets{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
const Buckets transaction_buckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

// Vendor and source; the source is empty if sources are not told apart.
using Key = std::pair<std::string, std::string>;
using Counts = std::map<std::string, std::uint64_t, std::less<>>;

// By core::Activity.
using States = std::array<std::uint64_t, core::activities.size()>;

std::uint64_t& at(States& states, core::Activity activity) {
  return states[static_cast<std::size_t>(activity)];
}

// The values of one key. Those that may be counted for the first time long after the start begin with 0:
// Prometheus' increase() sees a step from 0 to 1, but not one from nothing to 1.
struct Series {
  std::uint64_t published = 0;
  std::uint64_t deduplicated = 0;
  std::uint64_t outside = 0;
  Counts dead_letters{
      {"late", 0}, {"malformed_json", 0}, {"refused", 0}, {"too_large", 0}, {"unreadable_time", 0}};
  Counts polls{{"forbidden", 0}, {"ok", 0}, {"unauthorized", 0}};
  Counts requests{{"200", 0}, {"401", 0}};
  Duration waited{0};
  States states{};
  // The last known values: a shard that can't be opened must not hide how far its sources are behind.
  Time watermark{};     // 1970: not known here
  Duration history{0};  // still to be read beside the present
  Time last_success{};  // 1970: none
};

// The values of one vendor.
struct Times {
  Histogram lateness{lateness_buckets};
  Histogram requests{request_buckets};
  Duration skew{0};
};

const char* name_of(core::Outcome outcome) {
  switch (outcome) {
    case core::Outcome::committed:
      return "committed";
    case core::Outcome::refused:
      return "refused";
    case core::Outcome::fenced:
      return "fenced";
    case core::Outcome::lost:
      return "lost";
  }
  AS_CHECK(false);
}

std::string code_of(const http::Response& response) {
  switch (response.transport) {
    case http::Transport::none:
      return std::to_string(response.status);
    case http::Transport::dns:
      return "dns";
    case http::Transport::connect:
      return "connect";
    case http::Transport::tls:
      return "tls";
    case http::Transport::timeout:
      return "timeout";
    case http::Transport::reset:
      return "reset";
    case http::Transport::too_large:
      return "too_large";
    case http::Transport::encoding:
      return "encoding";
    case http::Transport::proxy:
      return "proxy";
  }
  AS_CHECK(false);
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
double seconds(Time time) { return seconds(time.time_since_epoch()); }

Labels with(Labels labels, std::string name, std::string value) {
  labels.push_back({std::move(name), std::move(value)});
  return labels;
}

// One metric with all its series. Written before the next one is gathered: with many sources, only the text
// is ever in memory as a whole.
class Family {
 public:
  Family(MetricType type, std::string name, std::string help) {
    family_.type = type;
    family_.name = std::move(name);
    family_.help = std::move(help);
  }

  void add(Labels labels, double value) {
    ClientMetric& metric = family_.metric.emplace_back();
    metric.label = std::move(labels);
    (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  }
  void add(Labels labels, std::uint64_t value) { add(std::move(labels), static_cast<double>(value)); }
  void add(Labels labels, ClientMetric metric) {
    metric.label = std::move(labels);
    family_.metric.push_back(std::move(metric));
  }

  void write(std::ostream& out) && {
    if (family_.metric.empty()) return;
    std::vector<MetricFamily> one;
    one.push_back(std::move(family_));
    prometheus::TextSerializer().Serialize(out, one);
  }

 private:
  MetricFamily family_;
};

void write_one(std::ostream& out, MetricType type, std::string name, std::string help, double value,
               Labels labels = {}) {
  Family family(type, std::move(name), std::move(help));
  family.add(std::move(labels), value);
  std::move(family).write(out);
}

void write_process(std::ostream& out, const ProcessStats& process) {
  constexpr MetricType gauge = MetricType::Gauge;
  write_one(out, MetricType::Counter, "process_cpu_seconds_total", "Time on the CPU, user and system.",
            process.cpu_seconds);
  write_one(out, gauge, "process_start_time_seconds", "When the process was started.",
            process.start_time_seconds);
  write_one(out, gauge, "process_virtual_memory_bytes", "Virtual memory.",
            static_cast<double>(process.virtual_bytes));
  write_one(out, gauge, "process_resident_memory_bytes", "Resident memory.",
            static_cast<double>(process.resident_bytes));
  write_one(out, gauge, "process_threads", "Threads.", static_cast<double>(process.threads));
  write_one(out, gauge, "process_open_fds", "Open file descriptors.", static_cast<double>(process.open_fds));
  write_one(out, gauge, "process_max_fds", "How many file descriptors may be open.",
            static_cast<double>(process.max_fds));
}

// The values of one key, and the labels of its series.
struct Row {
  Series series;
  Labels labels;
};

template <typename Value>
void write_each(std::ostream& out, MetricType type, std::string name, std::string help,
                const std::vector<Row>& rows, Value value) {
  Family family(type, std::move(name), std::move(help));
  for (const Row& row : rows) family.add(row.labels, value(row));
  std::move(family).write(out);
}

// One series for each value of `label`.
void write_by(std::ostream& out, MetricType type, std::string name, std::string help, const char* label,
              const std::vector<Row>& rows, Counts Series::*counts) {
  Family family(type, std::move(name), std::move(help));
  for (const Row& row : rows) {
    for (const auto& [value, count] : row.series.*counts) family.add(with(row.labels, label, value), count);
  }
  std::move(family).write(out);
}

void write_sources(std::ostream& out, const std::vector<Row>& rows) {
  constexpr MetricType counter = MetricType::Counter;
  write_each(out, counter, "auditstream_events_published_total", "Events committed to Kafka.", rows,
             [](const Row& row) { return row.series.published; });
  write_each(out, counter, "auditstream_events_deduplicated_total",
             "Events that were read again and known to be published.", rows,
             [](const Row& row) { return row.series.deduplicated; });
  write_by(out, counter, "auditstream_dead_letters_total", "Events committed to the dead letters.", "reason",
           rows, &Series::dead_letters);
  write_each(out, counter, "auditstream_late_events_total",
             "Events that appeared at the vendor later than overlap allows; they are among the dead letters.",
             rows, [](const Row& row) { return row.series.dead_letters.at("late"); });
  write_each(out, counter, "auditstream_rows_outside_total",
             "Rows that a vendor showed outside the range that it was asked for.", rows,
             [](const Row& row) { return row.series.outside; });
  write_by(out, counter, "auditstream_polls_total", "Attempts to read a window, by how they ended.",
           "outcome", rows, &Series::polls);
  write_by(out, counter, "auditstream_http_requests_total",
           "Requests to the vendor, by HTTP status or why no answer came.", "code", rows, &Series::requests);
  write_each(out, counter, "auditstream_rate_limit_wait_seconds_total",
             "Time that requests waited for the account's rate budget.", rows,
             [](const Row& row) { return seconds(row.series.waited); });
  Family states(MetricType::Gauge, "auditstream_source_state", "Sources that are in this state.");
  for (const Row& row : rows) {
    for (const core::Activity activity : core::activities)
      states.add(with(row.labels, "state", to_string(activity)),
                 row.series.states[static_cast<std::size_t>(activity)]);
  }
  std::move(states).write(out);
}

// Values that only make sense for one source.
void write_times(std::ostream& out, const std::vector<Row>& rows) {
  write_each(out, MetricType::Gauge, "auditstream_source_watermark_timestamp_seconds",
             "How far the source has been read, as a time of the vendor's log.", rows,
             [](const Row& row) { return seconds(row.series.watermark); });
  write_each(out, MetricType::Gauge, "auditstream_source_history_seconds",
             "How much of the vendor's log is still to be read as history beside the present; 0: none.", rows,
             [](const Row& row) { return seconds(row.series.history); });
  write_each(out, MetricType::Gauge, "auditstream_source_last_success_timestamp_seconds",
             "When a window was read to its end the last time.", rows,
             [](const Row& row) { return seconds(row.series.last_success); });
}

}  // namespace

struct Metrics::Tally {
  Mutex mutex;
  std::map<Key, Series> series AS_GUARDED_BY(mutex);
  std::map<Key, Histogram> arrivals AS_GUARDED_BY(mutex);
  std::set<Key> configured AS_GUARDED_BY(mutex);
  std::map<std::string, Times, std::less<>> times AS_GUARDED_BY(mutex);  // by vendor
  Counts transactions AS_GUARDED_BY(mutex){{"committed", 0}, {"fenced", 0}, {"lost", 0}, {"refused", 0}};
  Histogram transaction_times AS_GUARDED_BY(mutex){transaction_buckets};
  std::uint64_t rebalances AS_GUARDED_BY(mutex) = 0;
  std::uint64_t fenced AS_GUARDED_BY(mutex) = 0;
  std::size_t shards_open AS_GUARDED_BY(mutex) = 0;
  bool config_is_good AS_GUARDED_BY(mutex) = true;
  Time config_read AS_GUARDED_BY(mutex){};

  void learn(const core::FleetStatus& status, bool per_source) AS_REQUIRES(mutex);
};

namespace {

Key key_of(const Source& source, bool per_source) {
  return {source.vendor, per_source ? source.name : std::string()};
}

}  // namespace

Metrics::Metrics(Build build, bool per_source)
    : build_(std::move(build)), per_source_(per_source), tally_(std::make_unique<Tally>()) {}

Metrics::~Metrics() = default;

// --- what happens

void Metrics::configure(const std::vector<std::shared_ptr<const Source>>& sources) {
  const MutexLock lock(tally_->mutex);
  tally_->configured.clear();
  for (const auto& source : sources) {
    tally_->configured.insert(key_of(*source, per_source_));
    tally_->times[source->vendor];
  }
  for (const Key& key : tally_->configured) tally_->series[key];
  // A vendor's totals must never decrease.
  if (!per_source_) return;
  const std::set<Key>* const kept = &tally_->configured;
  const auto gone = [kept](const auto& entry) { return !kept->contains(entry.first); };
  std::erase_if(tally_->series, gone);
  std::erase_if(tally_->arrivals, gone);
}

void Metrics::config_read(Time when) {
  const MutexLock lock(tally_->mutex);
  tally_->config_is_good = true;
  tally_->config_read = when;
}

void Metrics::config_refused() {
  const MutexLock lock(tally_->mutex);
  tally_->config_is_good = false;
}

void Metrics::shard_said(int, const core::Notice& say) {
  if (say.code != "shard_taken") return;
  const MutexLock lock(tally_->mutex);
  ++tally_->fenced;
}

void Metrics::rebalanced(const core::MembershipEvent& event) {
  if (std::visit([](const auto& change) { return change.partitions.empty(); }, event)) return;
  const MutexLock lock(tally_->mutex);
  ++tally_->rebalances;
}

void Metrics::waited(const Source& source, Duration duration) {
  const MutexLock lock(tally_->mutex);
  tally_->series[key_of(source, per_source_)].waited += duration;
}

void Metrics::answered(const Source& source, const http::Response& response) {
  const MutexLock lock(tally_->mutex);
  ++tally_->series[key_of(source, per_source_)].requests[code_of(response)];
  tally_->times[source.vendor].requests.Observe(seconds(response.latency));
}

void Metrics::polled(const Source& source, const core::PollResult& poll, Time when) {
  const MutexLock lock(tally_->mutex);
  Series& series = tally_->series[key_of(source, per_source_)];
  series.deduplicated += poll.known;
  ++series.polls[poll.refused ? to_string(*poll.refused) : "ok"];
  if (!poll.refused && poll.in_order) series.last_success = when;
}

void Metrics::ignored_rows(const Source& source, std::size_t count) {
  const MutexLock lock(tally_->mutex);
  tally_->series[key_of(source, per_source_)].outside += count;
}

void Metrics::transacted(const core::Batch& batch, core::Outcome outcome, Duration took, Time when) {
  const MutexLock lock(tally_->mutex);
  ++tally_->transactions[name_of(outcome)];
  tally_->transaction_times.Observe(seconds(took));
  if (outcome != core::Outcome::committed) return;
  for (const core::Unit& unit : batch.units) {
    if (unit.events.empty() && unit.dead_letters.empty()) continue;
    const Key key = key_of(*unit.source, per_source_);
    Series& series = tally_->series[key];
    series.published += unit.events.size();
    for (const core::DeadLetter& letter : unit.dead_letters) ++series.dead_letters[letter.flaw.code];
    if (unit.live) {
      Histogram& arrivals = tally_->arrivals.try_emplace(key, arrival_buckets).first->second;
      for (const Event& event : unit.events) arrivals.Observe(std::max(0.0, seconds(unit.now - *event.time)));
    }
    Histogram& lateness = tally_->times[unit.source->vendor].lateness;
    for (const Event& event : unit.events) {
      lateness.Observe(std::max(0.0, seconds(when - *event.time)));  // some come from the future
    }
  }
}

// --- what is shown

// Takes over the fleet's status. Sources that it does not contain are polled elsewhere, or by nobody.
void Metrics::Tally::learn(const core::FleetStatus& status, bool per_source) {
  shards_open = status.shards_open;
  std::set<Key> here;
  for (auto& [key, its] : series) its.states = {};
  for (auto& [vendor, its] : times) its.skew = Duration{0};
  for (const core::SourceStatus& source : status.sources) {
    const Key key = key_of(*source.source, per_source);
    Series& its = series[key];
    here.insert(key);
    ++at(its.states, source.poller.activity);
    if (const core::Cursor& cursor = source.poller.cursor; !cursor.source.empty()) {
      its.watermark = cursor.watermark;
      its.history = cursor.history ? cursor.history->until - cursor.history->watermark : Duration{0};
    }
    its.last_success = std::max(its.last_success, source.poller.last_success.value_or(Time{}));
    Duration& skew = times[key.first].skew;
    if (std::chrono::abs(source.poller.clock_skew) > std::chrono::abs(skew)) skew = source.poller.clock_skew;
  }
  for (const auto& source : status.sources_not_open) {
    const Key key = key_of(*source, per_source);
    ++at(series[key].states, core::Activity::starting);
    here.insert(key);
  }
  // Until the group has assigned us anything, we know no better than before.
  if (!status.joined) return;
  for (auto& [key, its] : series) {
    if (here.contains(key)) continue;
    its.watermark = its.last_success = Time{};
    its.history = Duration{0};
  }
}

std::string Metrics::exposition(const std::optional<core::FleetStatus>& status,
                                const std::optional<ProcessStats>& process, const KafkaView& kafka) {
  std::vector<Row> rows;
  Family lateness(MetricType::Histogram, "auditstream_event_lateness_seconds",
                  "From an event's own time to its commit.");
  Family arrivals(MetricType::Histogram, "auditstream_source_lateness_seconds",
                  "From an event's own time to when it was first seen, at the end of the log.");
  Family requests(MetricType::Histogram, "auditstream_http_request_duration_seconds",
                  "From sending a request to the last byte of its answer.");
  Family skews(MetricType::Gauge, "auditstream_clock_skew_seconds",
               "This machine's clock minus the vendor's, where they differ most.");
  Family transactions(MetricType::Counter, "auditstream_transactions_total",
                      "Kafka transactions, by how they ended.");
  Family transaction_times(MetricType::Histogram, "auditstream_transaction_duration_seconds",
                           "From handing over a transaction to its outcome.");
  std::uint64_t rebalances = 0;
  std::uint64_t fenced = 0;
  std::size_t shards_open = 0;
  bool config_is_good = true;
  Time config_read;
  {
    // Only copies under the lock: the worker waits for it.
    const MutexLock lock(tally_->mutex);
    if (status) tally_->learn(*status, per_source_);
    rows.reserve(tally_->series.size());
    for (const auto& [key, series] : tally_->series) {
      if (per_source_ && !tally_->configured.contains(key)) continue;
      Labels labels;
      if (per_source_) labels.push_back({"source", key.second});
      labels.push_back({"vendor", key.first});
      arrivals.add(labels, tally_->arrivals.try_emplace(key, arrival_buckets).first->second.Collect());
      rows.push_back(Row{series, std::move(labels)});
    }
    for (const auto& [vendor, times] : tally_->times) {
      lateness.add({{"vendor", vendor}}, times.lateness.Collect());
      requests.add({{"vendor", vendor}}, times.requests.Collect());
      skews.add({{"vendor", vendor}}, seconds(times.skew));
    }
    for (const auto& [outcome, count] : tally_->transactions) {
      transactions.add({{"outcome", outcome}}, count);
    }
    transaction_times.add({}, tally_->transaction_times.Collect());
    rebalances = tally_->rebalances;
    fenced = tally_->fenced;
    shards_open = tally_->shards_open;
    config_is_good = tally_->config_is_good;
    config_read = tally_->config_read;
  }

  std::ostringstream out;
  write_sources(out, rows);
  if (per_source_) write_times(out, rows);
  std::move(lateness).write(out);
  std::move(arrivals).write(out);
  std::move(requests).write(out);
  std::move(skews).write(out);
  std::move(transactions).write(out);
  std::move(transaction_times).write(out);
  write_one(out, MetricType::Gauge, "auditstream_kafka_reachable",
            "Whether the brokers that this instance needs answer it.", kafka.reachable ? 1 : 0);
  write_one(out, MetricType::Gauge, "auditstream_shards_open",
            "Partitions of the offsets topic that this instance works on.", static_cast<double>(shards_open));
  write_one(out, MetricType::Counter, "auditstream_rebalances_total",
            "Times that the group gave this instance partitions or took some.",
            static_cast<double>(rebalances));
  write_one(out, MetricType::Counter, "auditstream_fenced_total",
            "Times that somebody else opened a partition of this instance.", static_cast<double>(fenced));
  write_one(out, MetricType::Gauge, "auditstream_config_last_reload_successful",
            "0 where the config that was read last was refused.", config_is_good ? 1 : 0);
  write_one(out, MetricType::Gauge, "auditstream_config_last_reload_success_timestamp_seconds",
            "When the config was read and taken the last time.", seconds(config_read));
  write_one(out, MetricType::Gauge, "auditstream_build_info", "Always 1; which program this is.", 1,
            {{"version", build_.version}, {"commit", build_.commit}});
  if (process) write_process(out, *process);
  return std::move(out).str();
}

}  // namespace auditstream::admin
