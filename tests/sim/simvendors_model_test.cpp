// What all simulated vendors share: production in time, rate limits, faults, flaws, and the truth told to
// tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "base/hash.h"
#include "paths.h"
#include "sim/simvendors_client.h"
#include "simvendors/default_tenants.h"
#include "simvendors/in_process.h"

namespace auditstream::sim {
namespace {

using ::testing::HasSubstr;

const Time start = simulation_start;

LogSpec live_log(double rate) {
  LogSpec spec;
  spec.history = 0;
  spec.rate = rate;
  return spec;
}

TEST(EventLog, HistoryFillsItsSpanWithBursts) {
  LogSpec spec;
  spec.history = 10000;
  spec.history_span = 24h * 10;
  spec.burst_every = 1000;
  spec.burst_size = 600;
  EventLog log(spec, start);
  ASSERT_EQ(log.size(), 10000U);
  EXPECT_GE(log.time(0), start - spec.history_span - 1s);
  EXPECT_LT(log.time(9999), start);
  std::map<Time, int> seconds;
  for (Serial row = 0; row < log.size(); ++row) {
    ++seconds[floor_second(log.time(row))];
    EXPECT_GE(log.time(row), log.time(row == 0 ? 0 : row - 1));
  }
  EXPECT_EQ(
      std::count_if(seconds.begin(), seconds.end(), [](const auto& second) { return second.second >= 600; }),
      10);
}

TEST(EventLog, ProducesAtItsRateWhateverTheStepsOfTime) {
  EventLog at_once(live_log(5), start);
  EventLog stepwise(live_log(5), start);
  at_once.advance(start + 100s);
  for (int i = 0; i <= 1000; ++i) stepwise.advance(start + i * 100ms);
  EXPECT_NEAR(at_once.size(), 500, 1);
  ASSERT_EQ(at_once.size(), stepwise.size());
  for (Serial row = 0; row < at_once.size(); ++row) EXPECT_EQ(at_once.time(row), stepwise.time(row));
}

TEST(EventLog, LateEventsAppearAfterTheirTimeAndAreFoundByIt) {
  LogSpec spec = live_log(10);
  spec.late_share = 0.5;
  spec.late_max = 60s;
  EventLog log(spec, start);
  std::size_t late = 0;
  Serial known = 0;
  for (Time now = start; now < start + 600s; now += 1s) {
    log.advance(now);
    for (; known < log.size(); ++known) {
      const Duration behind = now - log.time(known);
      EXPECT_GE(behind, Duration(0));
      EXPECT_LE(behind, 61s);
      if (behind > 2s) ++late;
    }
  }
  EXPECT_GT(late, log.size() / 3);
  // The order of time holds all rows, sorted.
  const auto ranks = log.between(start, start + 600s);
  ASSERT_EQ(ranks.count(), log.size());
  for (Serial rank = 1; rank < log.size(); ++rank)
    EXPECT_LE(log.time(log.at_rank(rank - 1)), log.time(log.at_rank(rank)));
}

TEST(EventLog, EventsOfTheFutureAreFoundByTheirTime) {
  LogSpec spec = live_log(1);
  spec.ahead_share = 0.1;
  spec.ahead_by = 2h;
  EventLog log(spec, start);
  log.advance(start + 300s);
  std::set<Serial> ahead;
  log.scan(Order::ascending, std::nullopt, start + 301s, start + 24h,
           [&](Serial row) { return ahead.insert(row).second; });
  EXPECT_GT(ahead.size(), 10U);
  EXPECT_EQ(ahead.size(), log.between(start + 301s, start + 24h).count());
}

TEST(EventLog, AStallHoldsBackUntilItsEnd) {
  EventLog log(live_log(1), start);
  log.stall(start + 100s, start + 2h);
  log.advance(start + 1h);
  EXPECT_NEAR(log.size(), 100, 1);
  log.advance(start + 2h);
  EXPECT_NEAR(log.size(), 7200, 1);
  EXPECT_NEAR(log.between(start + 100s, start + 200s).count(), 100, 1);
}

TEST(EventLog, StopsForGood) {
  EventLog log(live_log(1), start);
  log.stop(start + 50s);
  log.advance(start + 24h);
  EXPECT_NEAR(log.size(), 50, 1);
  log.append_own(start + 24h);
  EXPECT_NEAR(log.size(), 50, 1);
}

TEST(EventLog, GoesOnAfterAStopWithoutWhatWouldHaveBeen) {
  EventLog log(live_log(1), start);
  log.stop(start + 50s);
  log.advance(start + 100s);
  const Serial before = log.size();
  log.go_on(start + 100s);
  log.advance(start + 150s);
  EXPECT_NEAR(log.size(), before + 50, 1);
  EXPECT_EQ(log.between(start + 50s, start + 100s).count(), 0U);
  log.append_own(start + 150s);
  EXPECT_NEAR(log.size(), before + 51, 1);
}

// What was produced before the stop and is held back beyond its end comes nevertheless.
TEST(EventLog, AStopLosesNothingThatIsHeldBack) {
  EventLog log(live_log(1), start);
  log.stall(start + 10s, start + 1h);
  log.stop(start + 50s);
  log.go_on(start + 100s);
  log.advance(start + 150s);
  EXPECT_NEAR(log.size(), 10, 1);
  log.advance(start + 1h);
  EXPECT_NEAR(log.between(start + 10s, start + 50s).count(), 40, 1);
  EXPECT_EQ(log.between(start + 50s, start + 100s).count(), 0U);
  EXPECT_NEAR(log.between(start + 100s, start + 200s).count(), 100, 1);
}

TEST(EventLog, ScansGoOnFromAnyRowInAnyOrder) {
  LogSpec spec = live_log(20);
  spec.history = 3000;
  spec.history_span = 300s;
  spec.late_share = 0.3;
  spec.late_max = 20s;
  EventLog log(spec, start);
  log.advance(start + 100s);
  const Time from = start - 100s;
  const Time to = start + 50s;
  std::set<Serial> expected;
  for (Serial row = 0; row < log.size(); ++row) {
    if (log.time(row) >= from && log.time(row) < to) expected.insert(row);
  }
  for (const Order order : {Order::ascending, Order::descending, Order::unsorted}) {
    std::set<Serial> seen;
    std::optional<Serial> next;
    do {
      std::size_t count = 0;
      std::optional<Serial> from_here = next;
      next.reset();
      log.scan(order, from_here, from, to, [&](Serial row) {
        if (count++ == 77) {
          next = row;
          return false;
        }
        EXPECT_TRUE(seen.insert(row).second);
        return true;
      });
    } while (next);
    EXPECT_EQ(seen, expected);
  }
}

TEST(RateGate, AllowsTheLimitInAnySpanAndSaysHowLongToWait) {
  RateGate gate;
  const std::vector<RateSpec> limits = {{2, 1s}, {3, 10s}};
  EXPECT_FALSE(gate.enter(limits, start));
  EXPECT_FALSE(gate.enter(limits, start + 900ms));
  EXPECT_EQ(gate.enter(limits, start + 950ms), Duration(50ms));
  EXPECT_FALSE(gate.enter(limits, start + 1s));
  EXPECT_EQ(gate.enter(limits, start + 5s), Duration(5s));
  EXPECT_FALSE(gate.enter(limits, start + 10s));
}

TEST(SimulatedVendors, KeepTheDocumentedLimitsAndCountViolations) {
  TenantSpec spec = spec_of("workato");
  spec.rate_limit.reset();
  SimvendorsClient client(spec);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(client.get("/api/activity_logs").status, 200);
  client.now += 20s;
  const auto seconds = client.get("/api/activity_logs");
  EXPECT_EQ(seconds.status, 429);
  const auto response = to_response(seconds, 1 << 20, 60s);
  EXPECT_EQ(response.header("retry-after"), "40");
  client.tenant().spec.retry_after = RetryAfter::date;
  const auto date = to_response(client.get("/api/activity_logs"), 1 << 20, 60s);
  EXPECT_EQ(date.header("retry-after"), test::http_date(client.now + 41s));
  client.tenant().spec.retry_after = RetryAfter::none;
  EXPECT_FALSE(to_response(client.get("/api/activity_logs"), 1 << 20, 60s).header("retry-after"));
  EXPECT_EQ(client.tenant().stats.violations, 3U);
  client.now += 40s;
  EXPECT_EQ(client.get("/api/activity_logs").status, 200);
}

TEST(SimulatedVendors, TellTenantsApartByTheirCredentials) {
  TenantSpec one = spec_of("tines");
  TenantSpec two = spec_of("tines");
  two.name = "other";
  two.credential = "other-key";
  two.log.history = 3;
  SimulatedVendors vendors(start, {one, two});
  test::Request request;
  request.target = "/api/v1/audit_logs";
  request.headers = {{"authorization", "Bearer other-key"}};
  EXPECT_EQ(rows_of(*vendors.handle(request, start).body).size(), 3U);
  request.headers = {{"x-user-token", "tines-key"}};
  EXPECT_EQ(rows_of(*vendors.handle(request, start).body).size(), 20U);
}

TEST(SimulatedVendors, SpoilAnswersAtTheGivenRatesAndNeverForGood) {
  TenantSpec spec = spec_of("tines");
  spec.faults = FaultRates::spread(0.4);
  SimvendorsClient client(spec);
  std::map<std::string, int> kinds;
  int row = 0;
  int longest = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto reply = client.get("/api/v1/audit_logs");
    std::string kind = std::to_string(reply.status);
    if (reply.fate == test::Fate::cut_short) kind = "truncated";
    if (reply.fate == test::Fate::reset_at_once || reply.fate == test::Fate::reset_midway) kind = "reset";
    if (reply.delay > 0s) kind = "slow";
    if (reply.status == 200 && reply.body->empty()) kind = "empty";
    if (reply.status == 200 && reply.body->starts_with("<")) kind = "html";
    ++kinds[kind];
    row = kind == "200" ? 0 : row + 1;
    longest = std::max(longest, row);
  }
  for (const char* kind : {"429", "truncated", "reset", "slow", "empty", "html", "403"})
    EXPECT_NEAR(kinds[kind], 200, 60) << kind;
  EXPECT_NEAR(kinds["500"] + kinds["502"] + kinds["503"], 200, 60);
  EXPECT_NEAR(kinds["200"], 2400, 150);
  EXPECT_LT(longest, 20);
  EXPECT_EQ(client.tenant().stats.faults, 4000U - static_cast<unsigned>(kinds["200"]));
}

TEST(SimulatedVendors, FlawedEventsAreToldAsTheyAre) {
  TenantSpec spec = spec_of("captivateiq");
  spec.flaw_share = 0.2;
  SimvendorsClient client(spec);
  int without_id = 0;
  int without_time = 0;
  for (const Truth& row : client.truth()) {
    const auto id = json::scalar_at(row.raw, "/id");
    const auto time = json::scalar_at(row.raw, "/created_at");
    EXPECT_EQ(id.value_or(hash_hex(row.raw)), row.id);
    EXPECT_EQ(time ? parse_event_time(*time) : std::nullopt, row.time);
    if (!id) ++without_id;
    if (!row.time) ++without_time;
  }
  EXPECT_NEAR(without_id, 250, 60);
  EXPECT_NEAR(without_time, 250, 60);
}

TEST(SimulatedVendors, LiveInTheirOwnTime) {
  TenantSpec spec = spec_of("tines");
  spec.clock_offset = 1h;
  spec.log.rate = 1;
  SimvendorsClient client(spec);
  const auto response = to_response(client.get("/api/v1/audit_logs"), 1 << 20, 60s);
  EXPECT_EQ(response.header("date"), test::http_date(start + 1h));
  EXPECT_NEAR(client.tenant().log.size() - spec.log.history, 3600, 301);
}

TEST(SimulatedVendors, TellTheTruthAsLinesOfJson) {
  TenantSpec spec = spec_of("tines");
  spec.log.rate = 1;
  SimvendorsClient client(spec);
  client.now += 10s;
  const std::string all = client.body("/_truth?vendor=tines&tenant=acme");
  const auto truth = client.truth();
  EXPECT_GT(truth.size(), spec.log.history);
  EXPECT_EQ(static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n')), truth.size());
  const std::string one = client.body("/_truth?vendor=tines&tenant=acme&offset=5&limit=1&raw=true");
  EXPECT_EQ(json::scalar_at(one, "/id"), truth[5].id);
  EXPECT_EQ(json::scalar_at(one, "/hash"), hash_hex(truth[5].raw));
  EXPECT_EQ(json::scalar_at(one, "/raw"), truth[5].raw);
  EXPECT_EQ(parse_event_time(*json::scalar_at(one, "/time")), truth[5].time);
  EXPECT_EQ(client.get("/_truth?vendor=tines&tenant=nobody").status, 404);
}

TEST(SimulatedVendors, ObeyWhileTheyRun) {
  TenantSpec spec = spec_of("tines");
  spec.log.rate = 1;
  SimvendorsClient client(spec);
  EXPECT_EQ(client.post("/_control", R"({"vendor":"tines","tenant":"acme","set":{"refuse":401}})").status,
            200);
  EXPECT_EQ(client.get("/api/v1/audit_logs").status, 401);
  EXPECT_EQ(client.post("/_control", R"({"set":{"refuse":0,"faults":{"throttled":1}}})").status, 200);
  EXPECT_EQ(client.get("/api/v1/audit_logs").status, 429);
  EXPECT_EQ(client.post("/_control", R"({"set":{"faults":0},"stall":"1h"})").status, 200);
  client.now += 30min;
  EXPECT_NEAR(client.truth().size(), spec.log.history, 301);
  client.now += 30min;
  EXPECT_GT(client.truth().size(), spec.log.history + 3500);
  EXPECT_EQ(client.post("/_control", R"({"production":false})").status, 200);
  const std::size_t before = client.truth().size();
  client.now += 1h;
  EXPECT_EQ(client.truth().size(), before);
  EXPECT_EQ(client.post("/_control", R"({"production":true})").status, 200);
  EXPECT_EQ(client.truth().size(), before);
  client.now += 1h;
  EXPECT_NEAR(client.truth().size(), before + 3600, spec.log.burst_size + 1);
  EXPECT_THAT(client.body("/_stats"), HasSubstr(R"("requests":2)"));
}

TEST(SimulatedVendors, RefuseControlThatTheyDoNotUnderstand) {
  SimvendorsClient client(spec_of("tines"));
  for (const char* body :
       {"", "[]", R"({"sett":{}})", R"({"set":{"fault":0.1}})", R"({"set":{"faults":"many"}})",
        R"({"vendor":"nobody","set":{}})", R"({"stall":"long"})", R"({"stall":7})",
        R"({"production":"true"})", R"({"production":null})", R"({"revoke_tokens":false})", R"({"set":1})",
        R"({"vendor":7,"production":false})"}) {
    EXPECT_EQ(client.post("/_control", body).status, 400) << body;
  }
}

TEST(Tenants, AreReadFromJson) {
  const auto specs = parse_tenants(
      R"([{"vendor":"tines","name":"a","credential":"k","seed":7,"history":10,"history_span":"2h",
    "order":"unsorted","rate_limit":[{"count":5,"period":"1s"}],"retry_after":"date","inclusive":true,"clock_offset":"-5m",
    "faults":{"reset":0.5}}])");
  ASSERT_TRUE(specs.ok()) << specs.error().message;
  const TenantSpec& spec = specs->front();
  EXPECT_EQ(spec.log.seed, 7U);
  EXPECT_EQ(spec.log.history_span, Duration(2h));
  EXPECT_EQ(spec.order, Order::unsorted);
  EXPECT_EQ(spec.rate_limit->front(), (RateSpec{5, 1s}));
  EXPECT_EQ(spec.retry_after, RetryAfter::date);
  EXPECT_EQ(spec.inclusive, true);
  EXPECT_EQ(spec.clock_offset, Duration(-5min));
  EXPECT_EQ(spec.faults.reset, 0.5);
  EXPECT_THAT(parse_tenants(R"([{"vendor":"tines","name":"a"}])").error().message, HasSubstr("credential"));
  EXPECT_THAT(parse_tenants(R"([{"vendour":"tines"}])").error().message, HasSubstr("unknown member vendour"));
}

TEST(Tenants, ByDefaultThereIsOneOfEachVendorWithItsSource) {
  TenantSpec like;
  like.rate_limit.emplace();
  const auto tenants = default_tenants(like, 2);
  EXPECT_EQ(tenants.size(), 10U);
  const std::string yaml = auditstream_yaml(tenants, {.origin = "http://127.0.0.1:7",
                                                      .bootstrap = "localhost:1",
                                                      .poll_interval = "200ms",
                                                      .backfill_start = start - 24h});
  for (const char* part :
       {"bootstrap.servers: localhost:1", "name: acme-floqast\n", "name: acme-2-workato\n",
        "base_url: http://127.0.0.1:7\n", "api_secret: endor-secret-2\n", "rate_limit: 100000/s\n",
        "tenant_domain: acme.tines.com\n", "backfill_start_time: 2026-11-19T12:00:00Z\n"}) {
    EXPECT_THAT(yaml, HasSubstr(part));
  }
}

TEST(InProcess, TranslatesRequestsAndAnswers) {
  http::Request request;
  request.url = "https://acme.tines.com/api/v1/audit_logs?page=2";
  request.headers = {{"Authorization", "Bearer K"}};
  const test::Request asked = to_request(request);
  EXPECT_EQ(asked.origin, "https://acme.tines.com");
  EXPECT_EQ(asked.path(), "/api/v1/audit_logs");
  EXPECT_EQ(asked.query(), "page=2");
  EXPECT_EQ(asked.header("authorization"), "Bearer K");

  test::Reply reply = test::json_reply(200, "{}");
  reply.delay = 3s;
  EXPECT_EQ(to_response(reply, 100, 60s).status, 200);
  EXPECT_EQ(to_response(reply, 100, 60s).latency, Duration(3s));
  EXPECT_EQ(to_response(reply, 100, 2s).transport, http::Transport::timeout);
  EXPECT_EQ(to_response(reply, 1, 60s).transport, http::Transport::too_large);
  reply.fate = test::Fate::cut_short;
  EXPECT_EQ(to_response(reply, 100, 60s).transport, http::Transport::reset);
}

TEST(DefaultTenants, AreWhatDockerComposeReads) {
  const std::string origin = "http://127.0.0.1:8090", file = "config/compose/sources.yaml";
  std::ifstream in(PROJECT_DIR "/" + file);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const std::string command = "build/tests/simvendors --print-sources " + origin;
  EXPECT_EQ(text, compose_sources_yaml(origin)) << "write it anew: " << command << " > " << file;
}

// package_tests look whether docker-compose.yml lists them.
TEST(DefaultTenants, HaveTheirCredentialsInFilesForDockerCompose) {
  for (const auto& [name, credential] : compose_secrets()) {
    const std::string file = "config/compose/secrets/" + name;
    std::ifstream in(PROJECT_DIR "/" + file);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    EXPECT_EQ(text, credential + "\n") << "write it: echo " << credential << " > " << file;
  }
}

}  // namespace
}  // namespace auditstream::sim
