// What Prometheus is told: which series there are, what they count, when they end; and that docs/metrics.md
// says the same.
#include "admin/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <thread>

#include "admin/exposition.h"
#include "paths.h"
#include "support/child.h"
#include "unit/shard_life.h"

namespace auditstream::test {
namespace {

using namespace admin;

using ::testing::HasSubstr;

std::shared_ptr<const Source> source(const std::string& name, const std::string& vendor = "tines") {
  auto made = std::make_shared<Source>();
  made->name = name;
  made->vendor = vendor;
  return made;
}

core::SourceStatus polled_here(std::shared_ptr<const Source> source,
                               core::Activity activity = core::Activity::resting) {
  core::SourceStatus status;
  status.poller.activity = activity;
  status.poller.cursor.source = source->name;
  status.poller.cursor.watermark = core::noon + 250ms;
  status.source = std::move(source);
  return status;
}

core::FleetStatus fleet_of(std::vector<core::SourceStatus> sources) {
  core::FleetStatus status;
  status.joined = true;
  status.sources = std::move(sources);
  status.shards_open = 1;
  return status;
}

core::Batch batch_of(const std::shared_ptr<const Source>& source, const std::vector<Time>& times,
                     const std::vector<std::string>& dead = {}) {
  core::Unit unit;
  unit.source = source;
  for (const Time time : times) unit.events.push_back(Event{"id", time, "{}", nullptr});
  for (const std::string& code : dead) unit.dead_letters.push_back(core::DeadLetter{{}, {code, ""}});
  core::Batch batch;
  batch.add(std::move(unit));
  return batch;
}

http::Response failed_by(http::Transport transport) {
  http::Response response;
  response.transport = transport;
  return response;
}

Exposition show(Metrics& metrics, const std::optional<core::FleetStatus>& status) {
  return read_exposition(metrics.exposition(status, std::nullopt));
}

// The sources of the status are those of the config.
Exposition show_all(Metrics& metrics, const core::FleetStatus& status) {
  std::vector<std::shared_ptr<const Source>> sources = status.sources_not_open;
  for (const core::SourceStatus& each : status.sources) sources.push_back(each.source);
  metrics.configure(sources);
  return show(metrics, status);
}

// Everything that can happen has happened to these sources.
core::FleetStatus feed(Metrics& metrics) {
  const auto acme = source("acme");
  const auto other = source("other", "workato");
  metrics.configure({acme, other});
  metrics.config_read(core::noon - 1min);
  for (const auto& each : {acme, other}) {
    metrics.answered(*each, answer_with(200));
    metrics.answered(*each, failed_by(http::Transport::dns));
    metrics.waited(*each, 1500ms);
    metrics.polled(*each, core::PollResult{std::nullopt, 3}, core::noon);
    metrics.polled(*each, core::PollResult{RefusalKind::forbidden}, core::noon);
    metrics.transacted(batch_of(each, {core::noon - 3s, core::noon - 1h}, {"too_large"}),
                       core::Outcome::committed, 30ms, core::noon);
  }
  metrics.rebalanced(core::PartitionsAssigned{{1}});
  metrics.shard_said(1, core::Notice{core::Level::info, "shard_taken", ""});
  return fleet_of({polled_here(acme), polled_here(other, core::Activity::failing)});
}

const ProcessStats process{12.5, 1'795'176'000, 1 << 30, 100 << 20, 9, 40, 1024};

TEST(Metrics, CountWhatHappens) {
  Metrics metrics({"1.2.3", "abc"}, true);
  const Exposition page = read_exposition(metrics.exposition(feed(metrics), process));
  const std::string acme = R"({source="acme",vendor="tines"})";
  EXPECT_EQ(page.value("auditstream_events_published_total" + acme), 2);
  EXPECT_EQ(page.value("auditstream_events_deduplicated_total" + acme), 3);
  EXPECT_EQ(page.value("auditstream_rate_limit_wait_seconds_total" + acme), 1.5);
  EXPECT_EQ(page.value("auditstream_source_watermark_timestamp_seconds" + acme), 1795176000.25);
  EXPECT_EQ(page.value("auditstream_source_last_success_timestamp_seconds" + acme), 1795176000);
  const auto by = [](const std::string& name, const std::string& label) {
    return "auditstream_" + name + R"({source="acme",vendor="tines",)" + label + "}";
  };
  EXPECT_EQ(page.value(by("dead_letters_total", R"(reason="too_large")")), 1);
  EXPECT_EQ(page.value(by("dead_letters_total", R"(reason="refused")")), 0) << "there from the beginning";
  EXPECT_EQ(page.value(by("polls_total", R"(outcome="ok")")), 1);
  EXPECT_EQ(page.value(by("polls_total", R"(outcome="forbidden")")), 1);
  EXPECT_EQ(page.value(by("http_requests_total", R"(code="200")")), 1);
  EXPECT_EQ(page.value(by("http_requests_total", R"(code="dns")")), 1);
  EXPECT_EQ(page.value(by("source_state", R"(state="resting")")), 1);
  EXPECT_EQ(page.value(by("source_state", R"(state="failing")")), 0);
  EXPECT_EQ(page.value(R"(auditstream_transactions_total{outcome="committed"})"), 2);
  EXPECT_EQ(page.value(R"(auditstream_transactions_total{outcome="lost"})"), 0);
  EXPECT_EQ(page.value("auditstream_transaction_duration_seconds_count"), 2);
  EXPECT_DOUBLE_EQ(page.value("auditstream_transaction_duration_seconds_sum"), 0.06);
  EXPECT_EQ(page.value(R"(auditstream_http_request_duration_seconds_bucket{vendor="tines",le="0.5"})"), 2);
  EXPECT_EQ(page.value("auditstream_rebalances_total"), 1);
  EXPECT_EQ(page.value("auditstream_fenced_total"), 1);
  EXPECT_EQ(page.value("auditstream_shards_open"), 1);
  EXPECT_EQ(page.value(R"(auditstream_build_info{version="1.2.3",commit="abc"})"), 1);
  EXPECT_EQ(page.value("process_cpu_seconds_total"), 12.5);
  EXPECT_EQ(page.value("process_resident_memory_bytes"), 100 << 20);
}

TEST(Metrics, OnlyACommitPublishes) {
  Metrics metrics({}, true);
  const auto acme = source("acme");
  const core::Batch batch = batch_of(acme, {core::noon}, {"refused"});
  for (const core::Outcome outcome : {core::Outcome::refused, core::Outcome::fenced, core::Outcome::lost}) {
    metrics.transacted(batch, outcome, 1s, core::noon);
  }
  const Exposition page = show_all(metrics, fleet_of({polled_here(acme)}));
  for (const char* outcome : {"refused", "fenced", "lost"}) {
    EXPECT_EQ(page.value(std::string(R"(auditstream_transactions_total{outcome=")") + outcome + "\"}"), 1);
  }
  EXPECT_EQ(page.value(R"(auditstream_events_published_total{source="acme",vendor="tines"})"), 0);
  EXPECT_EQ(page.value(R"(auditstream_dead_letters_total{source="acme",vendor="tines",reason="refused"})"),
            0);
  EXPECT_EQ(page.value(R"(auditstream_event_lateness_seconds_count{vendor="tines"})"), 0);
}

TEST(Metrics, LatenessIsCommitMinusEventTimeAndNeverNegative) {
  Metrics metrics({}, true);
  const auto acme = source("acme");
  metrics.transacted(
      batch_of(acme, {core::noon + 1h, core::noon - 1s, core::noon - 90s, core::noon - 24h * 30}),
      core::Outcome::committed, 1s, core::noon);
  const Exposition page = show_all(metrics, fleet_of({polled_here(acme)}));
  const auto at_most = [&](const std::string& bound) {
    return page.value(R"(auditstream_event_lateness_seconds_bucket{vendor="tines",le=")" + bound + "\"}");
  };
  EXPECT_EQ(at_most("1"), 2);
  EXPECT_EQ(at_most("60"), 2);
  EXPECT_EQ(at_most("120"), 3);
  EXPECT_EQ(at_most("86400"), 3);
  EXPECT_EQ(at_most("+Inf"), 4);
  EXPECT_EQ(page.value(R"(auditstream_event_lateness_seconds_sum{vendor="tines"})"), 91 + 86400 * 30);
}

TEST(Metrics, ASourcesLatenessIsThatOfTheEndOfItsLog) {
  Metrics metrics({}, true);
  const auto acme = source("acme");
  metrics.configure({acme});
  core::Batch batch = batch_of(acme, {core::noon - 24h});
  metrics.transacted(batch, core::Outcome::committed, 1s, core::noon);
  batch = batch_of(acme, {core::noon - 90s, core::noon + 1h});
  batch.units.front().live = true;
  batch.units.front().now = core::noon;
  metrics.transacted(batch, core::Outcome::committed, 1s, core::noon + 5s);
  const Exposition page = show_all(metrics, fleet_of({polled_here(acme)}));
  EXPECT_EQ(page.value(R"(auditstream_source_lateness_seconds_count{source="acme",vendor="tines"})"), 2);
  EXPECT_EQ(page.value(R"(auditstream_source_lateness_seconds_sum{source="acme",vendor="tines"})"), 90);
  EXPECT_EQ(page.value(R"(auditstream_source_lateness_seconds_bucket{source="acme",vendor="tines",le="60"})"),
            1);
}

TEST(Metrics, CountsRowsOutsideWhatWasAsked) {
  Metrics metrics({}, true);
  const auto acme = source("acme");
  metrics.configure({acme});
  metrics.ignored_rows(*acme, 3);
  metrics.ignored_rows(*acme, 4);
  EXPECT_EQ(show_all(metrics, fleet_of({polled_here(acme)}))
                .value(R"(auditstream_rows_outside_total{source="acme",vendor="tines"})"),
            7);
}

TEST(Metrics, LabelsAreEscaped) {
  Metrics metrics({"1\n2", ""}, true);
  metrics.configure({source("a\"b\\c")});
  const std::string text = metrics.exposition(std::nullopt, std::nullopt);
  EXPECT_THAT(text, HasSubstr(R"({source="a\"b\\c",vendor="tines"})"));
  EXPECT_THAT(text, HasSubstr(R"(auditstream_build_info{version="1\n2",commit=""} 1)"));
  read_exposition(text);
}

std::set<std::string> names_of(const Exposition& page) {
  std::set<std::string> names;
  for (const auto& [name, value] : page.samples) names.insert(name);
  return names;
}

// Whoever alerts on a series must find it whatever happens, and above all when nothing has ever gone well.
TEST(Metrics, EverySeriesIsThereFromTheFirstScrapeAndInAnOutage) {
  Metrics metrics({"1", "a"}, true);
  const auto acme = source("acme");
  metrics.configure({acme});
  metrics.config_read(core::noon);
  const Exposition first = show(metrics, std::nullopt);
  const std::string labels = R"({source="acme",vendor="tines"})";
  EXPECT_EQ(first.value("auditstream_source_last_success_timestamp_seconds" + labels), 0) << "never";
  EXPECT_EQ(first.value("auditstream_source_watermark_timestamp_seconds" + labels), 0);
  EXPECT_EQ(first.value("auditstream_events_published_total" + labels), 0);
  EXPECT_EQ(first.value(R"(auditstream_clock_skew_seconds{vendor="tines"})"), 0);
  EXPECT_EQ(first.value("auditstream_shards_open"), 0);
  EXPECT_EQ(first.value(R"(auditstream_event_lateness_seconds_count{vendor="tines"})"), 0);
  EXPECT_EQ(first.mentions("auditstream_source_state{"), 9u);

  core::FleetStatus joining;
  EXPECT_EQ(names_of(show(metrics, joining)), names_of(first));
  metrics.polled(*acme, core::PollResult{}, core::noon);
  EXPECT_EQ(names_of(show(metrics, fleet_of({polled_here(acme, core::Activity::resting)}))), names_of(first));
  for (const std::optional<core::FleetStatus>& outage :
       {std::optional<core::FleetStatus>(), std::optional<core::FleetStatus>(core::FleetStatus{})}) {
    const Exposition page = show(metrics, outage);
    EXPECT_EQ(names_of(page), names_of(first));
    EXPECT_EQ(page.value("auditstream_source_last_success_timestamp_seconds" + labels), 1795176000)
        << "what was known last";
    EXPECT_EQ(page.value("auditstream_source_watermark_timestamp_seconds" + labels), 1795176000.25);
  }
}

TEST(Metrics, WhatIsReadBehindAWindowThatFailsIsNoSuccess) {
  Metrics metrics({}, true);
  const auto acme = source("acme");
  metrics.configure({acme});
  metrics.polled(*acme, core::PollResult{}, core::noon);
  metrics.polled(*acme, core::PollResult{std::nullopt, 0, false}, core::noon + 1h);
  const std::string series =
      R"(auditstream_source_last_success_timestamp_seconds{source="acme",vendor="tines"})";
  EXPECT_EQ(show(metrics, fleet_of({polled_here(acme)})).value(series),
            std::chrono::duration<double>(core::noon.time_since_epoch()).count());
}

// The highest of all instances is the true one: whoever polls it no more must not go on telling of it.
TEST(Metrics, OfASourceThatIsPolledElsewhereTheTimesAreNotTold) {
  Metrics metrics({}, true);
  const auto acme = source("acme");
  metrics.configure({acme});
  metrics.polled(*acme, core::PollResult{}, core::noon);
  show(metrics, fleet_of({polled_here(acme)}));
  core::FleetStatus opening = fleet_of({});
  opening.sources_not_open = {acme};
  const std::string labels = R"({source="acme",vendor="tines"})";
  const std::string starting = R"(auditstream_source_state{source="acme",vendor="tines",state="starting"})";
  EXPECT_GT(show(metrics, opening).value("auditstream_source_watermark_timestamp_seconds" + labels), 0);
  EXPECT_EQ(show(metrics, opening).value(starting), 1);
  const Exposition moved = show(metrics, fleet_of({}));
  EXPECT_EQ(moved.value("auditstream_source_watermark_timestamp_seconds" + labels), 0);
  EXPECT_EQ(moved.value("auditstream_source_last_success_timestamp_seconds" + labels), 0);
  EXPECT_EQ(moved.value(starting), 0);
}

TEST(Metrics, SeriesOfASourceThatHasLeftTheConfigEnd) {
  Metrics metrics({}, true);
  const core::FleetStatus status = feed(metrics);
  EXPECT_GT(show(metrics, status).mentions(R"(source="other")"), 10u);
  metrics.configure({status.sources.front().source});
  const Exposition after = show(metrics, status);
  EXPECT_EQ(after.mentions(R"(source="other")"), 0u) << "though its poller is still known";
  EXPECT_GT(after.mentions(R"(source="acme")"), 10u);
  EXPECT_EQ(after.value(R"(auditstream_event_lateness_seconds_count{vendor="workato"})"), 2)
      << "a vendor stays";
}

TEST(Metrics, TellTheLargestSkewOfAVendorsClock) {
  Metrics metrics({}, true);
  core::FleetStatus status =
      fleet_of({polled_here(source("a")), polled_here(source("b")), polled_here(source("c"))});
  status.sources[0].poller.clock_skew = 5s;
  status.sources[1].poller.clock_skew = -90s;
  EXPECT_EQ(show_all(metrics, status).value(R"(auditstream_clock_skew_seconds{vendor="tines"})"), -90);
  status.sources[1].poller.clock_skew = Duration{0};
  EXPECT_EQ(show_all(metrics, status).value(R"(auditstream_clock_skew_seconds{vendor="tines"})"), 5);
}

TEST(Metrics, TellWhetherTheConfigIsTheOneThatWasReadLast) {
  Metrics metrics({}, true);
  metrics.config_read(core::noon);
  EXPECT_EQ(show(metrics, std::nullopt).value("auditstream_config_last_reload_successful"), 1);
  metrics.config_refused();
  EXPECT_EQ(show(metrics, std::nullopt).value("auditstream_config_last_reload_successful"), 0);
  EXPECT_EQ(show(metrics, std::nullopt).value("auditstream_config_last_reload_success_timestamp_seconds"),
            1795176000);
  metrics.config_read(core::noon + 1h);
  EXPECT_EQ(show(metrics, std::nullopt).value("auditstream_config_last_reload_successful"), 1);
  EXPECT_EQ(show(metrics, std::nullopt).value("auditstream_config_last_reload_success_timestamp_seconds"),
            1795176000 + 3600);
}

TEST(Metrics, WithoutSourcesTheyAreSumsOfAVendor) {
  Metrics metrics({}, false);
  core::FleetStatus status = feed(metrics);
  const auto second = source("second");
  metrics.transacted(batch_of(second, {core::noon}), core::Outcome::committed, 1s, core::noon);
  status.sources.push_back(polled_here(second));
  status.sources_not_open.push_back(source("third"));
  Exposition page = show_all(metrics, status);
  EXPECT_EQ(page.mentions("source="), 0u);
  EXPECT_EQ(page.value(R"(auditstream_events_published_total{vendor="tines"})"), 3);
  EXPECT_EQ(page.value(R"(auditstream_source_state{vendor="tines",state="resting"})"), 2);
  EXPECT_EQ(page.value(R"(auditstream_source_state{vendor="tines",state="starting"})"), 1);
  EXPECT_EQ(page.value(R"(auditstream_source_state{vendor="workato",state="failing"})"), 1);
  EXPECT_FALSE(page.families.contains("auditstream_source_watermark_timestamp_seconds"));
  EXPECT_FALSE(page.families.contains("auditstream_source_last_success_timestamp_seconds"));

  page = show(metrics, fleet_of({}));
  EXPECT_EQ(page.value(R"(auditstream_events_published_total{vendor="tines"})"), 3) << "a sum never falls";
  EXPECT_EQ(page.value(R"(auditstream_source_state{vendor="tines",state="resting"})"), 0);
}

// --- together with a shard

class ShardWithMetrics : public ::testing::Test {
 protected:
  // As a fleet would say it.
  Exposition page() {
    core::FleetStatus status;
    status.sources = life.shard->status(life.now);
    status.joined = true;
    status.shards_open = life.shard->open() ? 1 : 0;
    if (!life.shard->open() && status.sources.empty())
      status.sources_not_open.assign(life.sources.begin(), life.sources.end());
    metrics.configure({life.sources.begin(), life.sources.end()});
    return show(metrics, status);
  }
  double count(const std::string& metric) { return page().value("auditstream_" + metric + acme); }

  const std::string acme = R"({source="acme",vendor="tines"})";
  Metrics metrics{{}, true};
  core::ShardLife life{&metrics};
};

TEST_F(ShardWithMetrics, CountersNeverFallWhenItIsOpenedAgain) {
  life.add("acme").backfill_start_time = core::noon - 1h;
  life.tenants["acme"].events = {{"a", core::noon - 10min}, {"b", core::noon - 5min}};
  life.start();
  life.live(5min);
  const Exposition before = page();
  EXPECT_EQ(before.value("auditstream_events_published_total" + acme), 2);
  EXPECT_GE(before.value("auditstream_events_deduplicated_total" + acme), 5) << "b with each poll";
  EXPECT_GE(before.value(R"(auditstream_polls_total{source="acme",vendor="tines",outcome="ok"})"), 10);
  EXPECT_EQ(before.value("auditstream_source_watermark_timestamp_seconds" + acme), 1795176000 - 5 * 60);
  EXPECT_EQ(before.value("auditstream_shards_open"), 1);

  life.shard->on_mark(life.journal->mark(), life.now);
  life.shard->on_mark("somebody else", life.now);
  ASSERT_FALSE(life.shard->open());
  const auto expect_nothing_lost = [&](const Exposition& after) {
    for (const auto& [sample, value] : before.samples) {
      if (sample.starts_with("auditstream_source_state") || sample.ends_with("shards_open")) continue;
      EXPECT_GE(after.value(sample), value) << sample;
    }
  };
  const Exposition meanwhile = page();
  expect_nothing_lost(meanwhile);
  EXPECT_EQ(meanwhile.value(R"(auditstream_source_state{source="acme",vendor="tines",state="starting"})"), 1);
  EXPECT_EQ(meanwhile.value("auditstream_shards_open"), 0);
  EXPECT_EQ(meanwhile.value("auditstream_fenced_total"), 1);
  life.live(6s);
  ASSERT_TRUE(life.shard->open());
  expect_nothing_lost(page());
}

TEST_F(ShardWithMetrics, TellHowMuchOfAHistoryIsLeft) {
  Source& source = life.add("acme");
  source.history_alongside = true;
  source.rate_limit = {{4, 1min}};
  source.backfill_start_time = core::noon - 30 * 24h;
  life.tenants["acme"].events = {{"a", core::noon - 24h}, {"now", core::noon + 1s}};
  life.start();
  life.live(1min);
  const double before = count("source_history_seconds");
  EXPECT_GT(before, 0);
  EXPECT_LE(before, 30 * 86400);
  EXPECT_GE(count("source_watermark_timestamp_seconds"), 1795176000) << "the present's";
  life.live(20min);
  EXPECT_EQ(count("source_history_seconds"), 0);
}

TEST_F(ShardWithMetrics, AFencedTransactionIsCountedAsBoth) {
  life.add("acme").backfill_start_time = core::noon - 1h;
  life.tenants["acme"].events = {{"a", core::noon - 10min}};
  bool fenced = false;
  life.journal->outcome = [&](const core::Batch& batch) {
    return batch.events > 0 && !std::exchange(fenced, true) ? core::Outcome::fenced
                                                            : core::Outcome::committed;
  };
  life.start();
  life.live(30s);
  const Exposition after = page();
  EXPECT_EQ(after.value(R"(auditstream_transactions_total{outcome="fenced"})"), 1);
  EXPECT_EQ(after.value("auditstream_fenced_total"), 1);
  EXPECT_EQ(after.value("auditstream_events_published_total" + acme), 1);
}

TEST_F(ShardWithMetrics, TroubleAndWaitingAreCounted) {
  Source& source = life.add("acme");
  source.rate_limit = {{2, 1min}};
  source.poll_interval = 10s;
  life.start();
  life.live(10min);
  EXPECT_GT(count("rate_limit_wait_seconds_total"), 60);
  life.tenants["acme"].refusal = answer_with(403, "{\"error\":\"no\"}");
  const double success = count("source_last_success_timestamp_seconds");
  life.live(10min);
  const Exposition after = page();
  EXPECT_GE(after.value(R"(auditstream_polls_total{source="acme",vendor="tines",outcome="forbidden"})"), 2);
  EXPECT_EQ(after.value(R"(auditstream_polls_total{source="acme",vendor="tines",outcome="forbidden"})"),
            after.value(R"(auditstream_http_requests_total{source="acme",vendor="tines",code="403"})"));
  EXPECT_LE(after.value("auditstream_source_last_success_timestamp_seconds" + acme), success + 30)
      << "at most a reading that was under way";
  EXPECT_EQ(after.value(R"(auditstream_source_state{source="acme",vendor="tines",state="failing"})"), 1);
}

TEST(Metrics, AreReadWhileTheyAreFed) {
  Metrics metrics({}, true);
  const auto acme = source("acme");
  const core::Batch batch = batch_of(acme, {core::noon});
  std::thread worker([&] {
    for (int i = 0; i < 2000; ++i) {
      metrics.answered(*acme, answer_with(200 + i % 7));
      metrics.transacted(batch, core::Outcome::committed, 1ms, core::noon);
    }
  });
  double last = 0;
  for (int i = 0; i < 50; ++i) {
    const std::vector<core::SourceStatus> sources{polled_here(acme),
                                                  polled_here(source("s" + std::to_string(i)))};
    const double published =
        show_all(metrics, fleet_of(sources))
            .value(R"(auditstream_events_published_total{source="acme",vendor="tines"})");
    EXPECT_GE(published, last);
    last = published;
  }
  worker.join();
  EXPECT_EQ(show_all(metrics, fleet_of({polled_here(acme)}))
                .value(R"(auditstream_events_published_total{source="acme",vendor="tines"})"),
            2000);
}

// --- against the documentation and Prometheus itself

struct Documented {
  std::string type;
  std::set<std::string> labels;
};

std::map<std::string, Documented> documented() {
  static const std::regex row(R"re(\| `(\w+)` \| (\w+) \| ([\w, ]*)\|.*)re");
  static const std::regex word(R"(\w+)");
  std::map<std::string, Documented> metrics;
  for (const std::string& line : lines_of(read_file(std::string(PROJECT_DIR) + "/docs/metrics.md"))) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    Documented& metric = metrics[match[1]];
    metric.type = match[2];
    const std::string labels = match[3];
    for (std::sregex_iterator label(labels.begin(), labels.end(), word), end; label != end; ++label) {
      metric.labels.insert(label->str());
    }
  }
  return metrics;
}

TEST(MetricsDocumentation, HasEveryMetricAndNoOther) {
  Metrics metrics({"1", "a"}, true);
  const Exposition page = read_exposition(metrics.exposition(feed(metrics), process));
  const std::map<std::string, Documented> documents = documented();
  EXPECT_GE(documents.size(), 27u);
  for (const auto& [name, family] : page.families) {
    const auto found = documents.find(name);
    if (found == documents.end()) {
      ADD_FAILURE() << name << " is not documented";
      continue;
    }
    EXPECT_EQ(found->second.type, family.type) << name;
    EXPECT_EQ(found->second.labels, family.labels) << name;
  }
  for (const auto& [name, metric] : documents) {
    EXPECT_TRUE(page.families.contains(name)) << name << " is documented, but not there";
  }
}

TEST(MetricsDocumentation, HoldsWithoutSources) {
  Metrics metrics({"1", "a"}, false);
  const Exposition page = read_exposition(metrics.exposition(feed(metrics), process));
  for (auto [name, metric] : documented()) {
    if (name.starts_with("auditstream_source_") && name != "auditstream_source_state") continue;
    metric.labels.erase("source");
    ASSERT_TRUE(page.families.contains(name)) << name;
    EXPECT_EQ(metric.labels, page.families.at(name).labels) << name;
  }
}

TEST(MetricsDocumentation, NamesEveryOutcomeCodeAndState) {
  const std::string text = read_file(std::string(PROJECT_DIR) + "/docs/metrics.md");
  Metrics metrics({}, true);
  const auto acme = source("acme");
  for (const RefusalKind kind :
       {RefusalKind::throttled, RefusalKind::unauthorized, RefusalKind::forbidden, RefusalKind::not_found,
        RefusalKind::transient, RefusalKind::too_slow, RefusalKind::too_large, RefusalKind::malformed}) {
    metrics.polled(*acme, core::PollResult{kind}, core::noon);
  }
  for (const http::Transport transport :
       {http::Transport::dns, http::Transport::connect, http::Transport::tls, http::Transport::timeout,
        http::Transport::reset, http::Transport::too_large, http::Transport::encoding,
        http::Transport::proxy}) {
    metrics.answered(*acme, failed_by(transport));
  }
  static const std::regex value(R"re(,(?:outcome|code|reason|state)="(\w+)")re");
  std::size_t seen = 0;
  for (const auto& [sample, count] : show_all(metrics, fleet_of({polled_here(acme)})).samples) {
    std::smatch match;
    if (!std::regex_search(sample, match, value)) continue;
    ++seen;
    EXPECT_THAT(text, HasSubstr("`" + match[1].str() + "`")) << sample;
  }
  EXPECT_EQ(seen, 9u + 10u + 5u + 9u);
}

TEST(MetricsInPrometheus, PromtoolHasNoComplaint) {
  const char* promtool = std::getenv("AUDITSTREAM_PROMTOOL");
  ASSERT_NE(promtool, nullptr) << "set by ctest";
  const TemporaryDirectory folder;
  for (const bool per_source : {true, false}) {
    Metrics metrics({"1.2.3", "abc"}, per_source);
    const std::string page = (folder.path() / "page").string();
    write_file(page, metrics.exposition(feed(metrics), process));
    const Finished check =
        run_to_end({"sh", "-c", R"("$1" check metrics < "$2")", "promtool", promtool, page});
    EXPECT_EQ(check.status, 0);
    EXPECT_EQ(check.out + check.err, "");
  }
}

}  // namespace
}  // namespace auditstream::test
