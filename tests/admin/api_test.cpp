// The HTTP API as a function of values: Kafka Connect's shapes to the letter, what a request changes, who may
// come in.
#include "admin/api.h"
#include "admin/access_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/documents.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace admin;

const Time noon = *parse_rfc3339("2026-11-20T12:00:00Z");

SourceView given_view() {
  auto source = std::make_shared<Source>();
  source->name = "acme";
  source->vendor = "tines";
  source->account = "acme";
  source->base_url = "https://acme.tines.com";
  source->topic = "audit.tines";
  source->dead_letter_topic = "audit.tines.dlq";
  source->page_size = 500;
  source->settings["tenant_domain"] = "acme.tines.com";
  source->lists["user_ids"] = {"7", "8"};
  source->secret_templates["api_key"] = Secret("hunter2");
  SourceView view;
  view.source = source;
  view.partition = 3;
  view.state = SourceState::running;
  view.activity = core::Activity::resting;
  view.owner = "host-1";
  core::Cursor cursor;
  cursor.source = "acme";
  cursor.since = noon - 24h;
  cursor.watermark = noon - 1500ms;
  cursor.published = 12;
  cursor.dead_letters = 1;
  cursor.updated = noon;
  cursor.lateness = 6min;
  view.cursor = cursor;
  view.rows_outside = 17;
  view.per_minute = {0, 12};
  return view;
}

SourceView refused_view() {
  SourceView view = given_view();
  auto source = std::make_shared<Source>(*view.source);
  source->name = "sad";
  view.source = source;
  view.state = SourceState::failed;
  view.error = "the key is refused; make a \"new\" one";
  view.error_status = 401;
  view.owner.reset();
  view.cursor.reset();
  view.per_minute.clear();
  return view;
}

std::variant<HttpResponse, Change, Loan> ask(HttpRequest request) {
  const Identity identity{"1.2.3", "abc", "host-1", "auditstream", "auditstream-offsets", 12, "cluster"};
  const std::size_t query = request.path.find('?');
  if (query != std::string::npos) {
    std::string rest = request.path.substr(query + 1) + "&";
    request.path.erase(query);
    for (std::size_t end; (end = rest.find('&')) != std::string::npos; rest.erase(0, end + 1)) {
      const std::string pair = rest.substr(0, end);
      const std::size_t equals = pair.find('=');
      request.query.emplace(pair.substr(0, equals),
                            equals == std::string::npos ? "" : pair.substr(equals + 1));
    }
  }
  return answer(
      request, identity, KafkaView{false, noon - 1min, "127.0.0.1:9092/1: \"gone\""},
      ConfigView{noon - 2min, "audit.yaml:7: \"ten\""},
      [] {
        return std::vector{given_view(), refused_view()};
      },
      noon);
}

HttpResponse get(const std::string& path) { return std::get<HttpResponse>(ask({"GET", path})); }

struct Expected {
  const char* path;
  const char* body;
};

constexpr const char* acme_status =
    R"({"name":"acme","connector":{"state":"RUNNING","worker_id":"host-1"},)"
    R"("tasks":[{"id":0,"state":"RUNNING","worker_id":"host-1"}],"type":"source"})";
constexpr const char* sad_status =
    R"({"name":"sad","connector":{"state":"FAILED","worker_id":"","trace":"HTTP 401: the key is refused; make a \"new\" one"},)"
    R"("tasks":[{"id":0,"state":"FAILED","worker_id":"","trace":"HTTP 401: the key is refused; make a \"new\" one"}],"type":"source"})";
constexpr const char* acme_config =
    R"({"account":"acme","api_key":"[hidden]","backfill":"first","base_url":"https://acme.tines.com",)"
    R"("dead_letter_topic":"audit.tines.dlq","enabled":"true","key":"id","lanes":"auto","name":"acme",)"
    R"("overlap":"10m","page_size":"500","poll_interval":"30s","tenant_domain":"acme.tines.com",)"
    R"("topic":"audit.tines","user_ids":"7,8","vendor":"tines"})";

TEST(Api, HasKafkaConnectsShapes) {
  const std::string config = acme_config;
  const std::string info =
      R"({"name":"acme","config":)" + config + R"(,"tasks":[{"connector":"acme","task":0}],"type":"source"})";
  const std::pair<const char*, std::string> expected[] = {
      {"/", R"({"version":"1.2.3","commit":"abc","kafka_cluster_id":"cluster"})"},
      {"/connectors", R"(["acme","sad"])"},
      {"/connectors/", R"(["acme","sad"])"},
      {"/connectors?expand=status",
       R"({"acme":{"status":)" + std::string(acme_status) + R"(},"sad":{"status":)" + sad_status + "}}"},
      {"/connectors/acme", info},
      {"/connectors/acme/config", config},
      {"/connectors/acme/status", acme_status},
      {"/connectors/sad/status", sad_status},
      {"/connectors/acme/tasks", R"([{"id":{"connector":"acme","task":0},"config":)" + config + "}]"},
      {"/connectors/acme/tasks/0/status", R"({"id":0,"state":"RUNNING","worker_id":"host-1"})"},
      {"/connectors/acme/topics", R"({"acme":{"topics":["audit.tines","audit.tines.dlq"]}})"},
      {"/connectors/acme/offsets",
       R"({"offsets":[{"partition":{"source":"acme"},"offset":{"watermark":"2026-11-20T11:59:58.500Z",)"
       R"("since":"2026-11-19T12:00:00Z","generation":1,"published":12,"dead_letters":1}}]})"},
      {"/connectors/sad/offsets", R"({"offsets":[]})"},
  };
  for (const auto& [path, body] : expected) {
    const HttpResponse response = get(path);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.type, "application/json") << path;
    EXPECT_EQ(response.body, body) << path;
  }
  const std::string both = get("/connectors?expand=status&expand=info").body;
  EXPECT_THAT(both, HasSubstr(R"({"acme":{"info":)" + info + R"(,"status":)" + acme_status + "}"));
}

TEST(Api, ListsTheSourcesForPeople) {
  EXPECT_EQ(
      get("/sources").body,
      R"({"now":"2026-11-20T12:00:00Z","instance":"host-1","version":"1.2.3","commit":"abc","group":"auditstream",)"
      R"("offsets_topic":"auditstream-offsets","partitions":12,)"
      R"("kafka":{"reachable":false,"since":"2026-11-20T11:59:00Z","error":"127.0.0.1:9092/1: \"gone\""},)"
      R"("config":{"taken":false,"refused_at":"2026-11-20T11:58:00Z","error":"audit.yaml:7: \"ten\""},)"
      R"("sources":[)"
      R"({"name":"acme","vendor":"tines","account":"acme","partition":3,"known":true,"state":"RUNNING","activity":"resting",)"
      R"("owner":"host-1","watermark":"2026-11-20T11:59:58.500Z","lag_seconds":1.500,"published":12,"dead_letters":1,)"
      R"("updated":"2026-11-20T12:00:00Z",)"
      R"("last_success":null,"failing_since":null,"attempts":0,"next_attempt":null,"history":null,"backfill_end":null,)"
      R"("rows_outside":17,"lateness_seconds":360,"overlap_advised":"20m",)"
      R"("error":"","error_status":0,"per_minute":[0,12]},)"
      R"({"name":"sad","vendor":"tines","account":"acme","partition":3,"known":true,"state":"FAILED","activity":"resting",)"
      R"("owner":null,"watermark":null,"lag_seconds":null,"published":0,"dead_letters":0,)"
      R"("updated":null,)"
      R"("last_success":null,"failing_since":null,"attempts":0,"next_attempt":null,"history":null,"backfill_end":null,)"
      R"("rows_outside":17,"lateness_seconds":null,"overlap_advised":null,)"
      R"("error":"the key is refused; make a \"new\" one","error_status":401,"per_minute":[]}]})");
}

TEST(Api, LendsRequestsToTools) {
  const auto loan = std::get<Loan>(ask({"POST", "/sources/acme/requests"}));
  EXPECT_EQ(loan.source, "acme");
  EXPECT_EQ(loan.owner, "host-1");
  EXPECT_EQ(std::get<Loan>(ask({"POST", "/sources/sad/requests"})).owner, std::nullopt);
  EXPECT_EQ(std::get<HttpResponse>(ask({"POST", "/sources/nobody/requests"})).status, 404);
  EXPECT_EQ(std::get<HttpResponse>(ask({"POST", "/sources//requests"})).status, 404);
  const HttpResponse granted = answer_of(core::Lent{true, 980ms});
  EXPECT_EQ(granted.status, 200);
  EXPECT_EQ(granted.body, R"({"wait_seconds":0.980})");
  const HttpResponse later = answer_of(core::Lent{false, 1500ms});
  EXPECT_EQ(later.status, 429);
  EXPECT_THAT(later.body, HasSubstr(R"("wait_seconds":1.500)"));
  const HttpResponse elsewhere = not_lent(loan, "host-2");
  EXPECT_EQ(elsewhere.status, 409);
  EXPECT_THAT(elsewhere.body, HasSubstr("acme is polled by host-1, not by host-2"));
  for (const char* owner : {"host-2", "host-2-http"})
    EXPECT_EQ(not_lent({"acme", owner}, "host-2").status, 503) << owner;
  EXPECT_EQ(not_lent({"acme", std::nullopt}, "host-2").status, 503);
}

TEST(Api, SaysWhatIsWrongInConnectsWords) {
  EXPECT_EQ(get("/connectors/nobody").body, R"({"error_code":404,"message":"Connector nobody not found"})");
  EXPECT_EQ(get("/connectors/nobody/status").status, 404);
  EXPECT_EQ(get("/connectors/acme/nothing").status, 404);
  EXPECT_EQ(get("/nothing").status, 404);
  EXPECT_EQ(get("/connectors?expand=everything").status, 400);
  for (const auto& [method, path] : {std::pair{"POST", "/connectors"},
                                     {"DELETE", "/connectors/acme"},
                                     {"PUT", "/connectors/acme/config"},
                                     {"GET", "/connectors/acme/pause"},
                                     {"POST", "/connectors/acme/resume"},
                                     {"PUT", "/connectors/acme/restart"},
                                     {"PUT", "/connectors/acme/offsets"},
                                     {"GET", "/sources/acme/requests"},
                                     {"PUT", "/"}}) {
    const auto response = std::get<HttpResponse>(ask({method, path}));
    EXPECT_EQ(response.status, 405) << method << " " << path;
    EXPECT_EQ(response.headers.at(0).first, "Allow");
  }
}

TEST(Api, TellsWhatIsToBeChanged) {
  const auto change = [](const char* method, const char* path, const std::string& body = "") {
    return std::get<Change>(ask({method, path, {}, {}, body}));
  };
  EXPECT_EQ(change("PUT", "/connectors/acme/pause").kind, Change::Kind::pause);
  EXPECT_EQ(change("PUT", "/connectors/acme/pause").done.status, 202);
  EXPECT_EQ(change("PUT", "/connectors/acme/resume").kind, Change::Kind::resume);
  EXPECT_EQ(change("POST", "/connectors/acme/restart").kind, Change::Kind::restart);
  EXPECT_EQ(change("POST", "/connectors/acme/restart").done.status, 204);
  const Change reset = change("DELETE", "/connectors/acme/offsets");
  EXPECT_EQ(reset.kind, Change::Kind::reset);
  EXPECT_FALSE(reset.allow_skip);
  EXPECT_FALSE(reset.confirmed);
  const Change set = change(
      "PATCH", "/connectors/acme/offsets?allow_skip=true&yes=true",
      R"({"offsets":[{"partition":{"source":"acme"},"offset":{"watermark":"2026-11-20T13:00:00+02:00"}}]})");
  EXPECT_EQ(set.kind, Change::Kind::set);
  EXPECT_EQ(set.source->name, "acme");
  EXPECT_EQ(set.position, noon - 1h);
  EXPECT_TRUE(set.allow_skip);
  EXPECT_TRUE(set.confirmed);
  EXPECT_EQ(change("PATCH", "/connectors/acme/offsets",
                   R"({"offsets":[{"partition":{"source":"acme"},"offset":null}]})")
                .kind,
            Change::Kind::reset);
}

TEST(Api, ChangesNothingForABodyThatIsWrong) {
  const std::pair<std::string, const char*> bodies[] = {
      {"", "no JSON"},
      {"{", "no JSON"},
      {"[]", "\"offsets\""},
      {R"({"offsets":{}})", "\"offsets\""},
      {R"({"offsets":[]})", "exactly one"},
      {R"({"offsets":[{},{}]})", "exactly one"},
      {R"({"offsets":[7]})", "partition.source must be \"acme\""},
      {R"({"offsets":[{"partition":{"source":"other"},"offset":null}]})",
       "partition.source must be \"acme\""},
      {R"({"offsets":[{"partition":{"source":7},"offset":null}]})", "partition.source"},
      {R"({"offsets":[{"partition":{"source":"acme"}}]})", "offset is missing"},
      {R"({"offsets":[{"partition":{"source":"acme"},"offset":{}}]})", "watermark is missing"},
      {R"({"offsets":[{"partition":{"source":"acme"},"offset":{"watermark":7}}]})", "watermark"},
      {R"({"offsets":[{"partition":{"source":"acme"},"offset":{"watermark":"yesterday"}}]})", "watermark"},
      {R"({"offsets":[{"partition":{"source":"acme"},"offset":{"watermark":"2026-11-20T12:00:01Z"}}]})",
       "future"},
      {"{\"offsets\":[{\"partition\":{\"source\":\"\xff\"},\"offset\":null}]}", "no JSON"},
      {std::string(100'000, '['), "no JSON"},
  };
  for (const auto& [body, said] : bodies) {
    const auto answered = ask({"PATCH", "/connectors/acme/offsets", {}, {}, body});
    const auto* response = std::get_if<HttpResponse>(&answered);
    ASSERT_NE(response, nullptr) << body;
    EXPECT_EQ(response->status, 400) << body;
    std::string plain = response->body;
    std::erase(plain, '\\');
    EXPECT_THAT(plain, AllOf(HasSubstr(said), HasSubstr("expected {"))) << body;
  }
}

TEST(Api, TellsTheHoursOfAChange) {
  core::CursorChange change;
  change.before = given_view().cursor;
  change.after = change.before;
  change.after->watermark -= 90min;
  EXPECT_EQ(
      offsets_changed("altered", change).text(),
      R"({"message":"The offsets for this connector have been altered successfully; 1.5 h are published again",)"
      R"("hours_published_again":1.500000,"hours_skipped":0.000000})");
  std::swap(change.before, change.after);
  EXPECT_THAT(
      offsets_changed("reset", change).text(),
      AllOf(HasSubstr("reset successfully; 1.5 h are skipped"), HasSubstr("\"hours_skipped\":1.500000}")));
  change.before.reset();
  EXPECT_THAT(
      offsets_changed("reset", change).text(),
      AllOf(HasSubstr("can't be told"), HasSubstr(R"("hours_published_again":null,"hours_skipped":null})")));
}

TEST(Api, WhatIsMeantMustBeSaid) {
  for (const char* query : {"yes=no", "yes=0", "allow_skip=off", "yes=true&allow_skip=False"}) {
    const auto answered = ask({"DELETE", "/connectors/acme/offsets?" + std::string(query), {}, {}, ""});
    const auto* response = std::get_if<HttpResponse>(&answered);
    ASSERT_NE(response, nullptr) << query;
    EXPECT_EQ(response->status, 400) << query;
    EXPECT_THAT(response->body, HasSubstr("is not one of true, false")) << query;
  }
  const auto answered = ask({"DELETE", "/connectors/acme/offsets?yes&allow_skip=false", {}, {}, ""});
  EXPECT_TRUE(std::get<Change>(answered).confirmed);
  EXPECT_FALSE(std::get<Change>(answered).allow_skip);
}

TEST(Api, ReadsWhatARequestLineAsksFor) {
  const auto read = [](std::string_view target) {
    HttpRequest request;
    read_target(target, request);
    std::string text = request.path;
    for (const auto& [name, value] : request.query) text += " " + name + "=" + value;
    return text;
  };
  EXPECT_EQ(read("/"), "/");
  EXPECT_EQ(read("/a%2fb+c%41"), "/a/b+cA");
  EXPECT_EQ(read("/a?x=1&y=a+b%26&z&=&&x=2#f?g"), "/a = x=1 x=2 y=a b& z=");
  EXPECT_EQ(read("/%zz%4%?%=%4"), "/%zz%4% %=%4");
  EXPECT_EQ(read("/%+1%-1% 1"), "/%+1%-1% 1");
  EXPECT_EQ(read(""), "");
}

TEST(Api, OnlyNewOffsetsHaveABody) {
  EXPECT_TRUE(takes_body({"PATCH", "/connectors/acme/offsets"}));
  EXPECT_FALSE(takes_body({"PATCH", "/connectors/acme/pause"}));
  EXPECT_FALSE(takes_body({"PATCH", "/offsets"}));
  EXPECT_FALSE(takes_body({"PUT", "/connectors/acme/offsets"}));
  EXPECT_FALSE(takes_body({"DELETE", "/connectors/acme/offsets"}));
}

TEST(Api, ShowsNoSecret) {
  for (const char* path : {"/connectors/acme", "/connectors?expand=info&expand=status", "/sources",
                           "/connectors/acme/config", "/connectors/acme/tasks"}) {
    EXPECT_EQ(get(path).body.find("hunter2"), std::string::npos) << path;
  }
}

// --- the door

HttpRequest from(const std::string& method, const std::string& path, const std::string& host,
                 const std::string& origin = "", const std::string& authorization = "") {
  HttpRequest request{method, path};
  if (!host.empty()) request.headers["host"] = host;
  if (!origin.empty()) request.headers["origin"] = origin;
  if (!authorization.empty()) request.headers["authorization"] = authorization;
  return request;
}

int turned_away(const HttpRequest& request, const AccessPolicy& policy) {
  const std::optional<HttpResponse> refusal = refuse_access(request, policy);
  return refusal ? refusal->status : 0;
}

TEST(Door, OnLoopbackOpensForKnownHosts) {
  const AccessPolicy policy{"127.0.0.1:8083", true, Secret(), {"auditstream.example"}};
  for (const char* host : {"127.0.0.1:8083", "localhost:8083", "LOCALHOST", "[::1]:8083", "[::1]",
                           "auditstream.example", "auditstream.example:443", "Auditstream.Example"}) {
    EXPECT_EQ(turned_away(from("GET", "/sources", host), policy), 0) << host;
    EXPECT_EQ(turned_away(from("PUT", "/connectors/a/pause", host), policy), 0) << host;
  }
  for (const char* host :
       {"evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:8083", "[::2]:1"}) {
    EXPECT_EQ(turned_away(from("GET", "/sources", host), policy), 403) << host;
    EXPECT_EQ(turned_away(from("GET", "/", host), policy), 403) << host;
    for (const char* path : {"/livez", "/readyz", "/metrics"})
      EXPECT_EQ(turned_away(from("GET", path, host), policy), 0) << host << path;
  }
}

TEST(Door, OpensForTheAddressThatItListensAt) {
  const AccessPolicy policy{"127.0.0.2:8083", true, Secret(), {}};
  EXPECT_EQ(turned_away(from("GET", "/sources", "127.0.0.2:8083"), policy), 0);
  EXPECT_EQ(turned_away(from("GET", "/sources", "127.0.0.3:8083"), policy), 403);
}

// DNS rebinding: a page of evil.example, whose name leads to our address, has our origin.
TEST(Door, BeyondLoopbackOpensForNoDomainThatNobodyNamed) {
  const AccessPolicy policy{"in.example:8083", false, Secret(), {"auditstream.example"}};
  for (const char* host : {"10.0.0.7:8083", "10.0.0.7", "[fd00::7]:8083", "localhost:8083",
                           "auditstream:8083", "in.example", "IN.example:8083", "auditstream.example:443"})
    EXPECT_EQ(turned_away(from("GET", "/sources", host), policy), 0) << host;
  for (const char* host : {"evil.example", "evil.example:8083", "10.0.0.7.evil.example", "x.in.example",
                           "localhost.", "", ":8083"}) {
    EXPECT_EQ(turned_away(from("GET", "/sources", host), policy), 403) << host;
    for (const char* path : {"/livez", "/readyz", "/metrics"})
      EXPECT_EQ(turned_away(from("GET", path, host), policy), 0) << host << path;
  }
}

TEST(Door, OpensForNoPageOfAnotherSite) {
  const AccessPolicy loopback{"127.0.0.1:8083", true, Secret(), {}};
  EXPECT_EQ(
      turned_away(from("PUT", "/connectors/a/pause", "localhost:8083", "http://localhost:8083"), loopback),
      0);
  for (const char* origin : {"http://evil.example", "null", "http://localhost:9999", "http://127.0.0.1:8083",
                             "://localhost:8083", "http://localhost:8083/a"}) {
    for (const char* method : {"GET", "PUT"})
      EXPECT_EQ(turned_away(from(method, "/sources", "localhost:8083", origin), loopback), 403) << origin;
  }
  const AccessPolicy open{"0.0.0.0:8083", false, Secret("token"), {}};
  EXPECT_EQ(turned_away(from("GET", "/sources", "anything", "http://evil.example"), open), 403);
  EXPECT_EQ(turned_away(from("GET", "/sources", "anything", "https://anything"), open), 0);
}

TEST(Door, BeyondLoopbackAsksForTheTokenBeforeAnythingIsChanged) {
  const AccessPolicy policy{"0.0.0.0:8083", false, Secret("t0ken"), {}};
  EXPECT_EQ(turned_away(from("GET", "/sources", "10.0.0.7:8083"), policy), 0);
  EXPECT_EQ(turned_away(from("PUT", "/connectors/a/pause", "10.0.0.7", "", "Bearer t0ken"), policy), 0);
  for (const char* authorization :
       {"", "Bearer", "Bearer ", "Bearer t0keN", "Bearer t0ken ", "t0ken", "Basic t0ken"})
    EXPECT_EQ(turned_away(from("PUT", "/connectors/a/pause", "h", "", authorization), policy), 401)
        << authorization;
  const AccessPolicy none{"0.0.0.0:8083", false, Secret(), {}};
  EXPECT_EQ(turned_away(from("PUT", "/connectors/a/pause", "h", "", "Bearer "), none), 403);
  EXPECT_EQ(turned_away(from("DELETE", "/connectors/a/offsets", "h"), none), 403);
}

}  // namespace
}  // namespace auditstream::test
