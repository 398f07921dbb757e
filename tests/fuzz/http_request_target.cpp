// A request to the HTTP server: "method", "target" and headers, then the body.
#include <algorithm>

#include "auditstream/check.h"
#include "auditstream/json.h"
#include "fuzz/fields.h"
#include "fuzz/target.h"
#include "ops/api.h"

namespace auditstream::fuzz {
namespace {

constexpr std::string_view token = "fuzz-0a1b2c3d4e5f-token";

std::vector<ops::SourceView> views() {
  auto source = std::make_shared<Source>();
  source->name = "acme";
  source->vendor = "tines";
  source->account = "acme";
  source->topic = "audit.tines";
  source->settings["tenant_domain"] = "acme.tines.com";
  ops::SourceView view;
  view.source = source;
  view.state = "RUNNING";
  view.owner = "one";
  view.cursor.emplace();
  view.per_minute = {0, 3};
  return {view};
}

ops::HttpRequest request_of(std::string_view input) {
  const Fields fields = fields_of(input);
  ops::HttpRequest request{std::string(fields["method"]), ""};
  ops::read_target(fields["target"], request);
  for (const auto& [name, value] : fields.list) {
    if (name != "method" && name != "target") request.headers.emplace(name, value);
  }
  if (ops::takes_body(request)) request.body = fields.rest;
  return request;
}

void expect_answer(const ops::HttpResponse& response) {
  AS_CHECK(response.status >= 200 && response.status < 600);
  AS_CHECK(response.body.find(token) == std::string::npos);
  if (response.status < 400) return;
  AS_CHECK(json::scalar_at(response.body, "/error_code") == std::to_string(response.status));
  AS_CHECK(json::scalar_at(response.body, "/message").has_value());
}

void run(std::string_view input) {
  const ops::HttpRequest request = request_of(input);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  // Whoever asks holds no token that counts, unless the input happens to spell it.
  const bool knows = input.find(token) != std::string_view::npos;
  for (const bool loopback : {true, false}) {
    const ops::Door door{"0.0.0.0:8083", loopback, Secret(std::string(token)), {"known.example"}};
    const auto refused = ops::turn_away(request, door);
    if (refused && !knows) expect_answer(*refused);
    if (!loopback && !reads && !knows) AS_CHECK(refused.has_value());
  }

  const Time now = *parse_rfc3339("2026-11-20T12:00:00Z");
  int views_asked = 0;
  const auto answer = ops::answer(
      request, ops::Identity{"1", "c", "one", "group", "offsets", 12, "cluster"}, ops::KafkaView{},
      ops::ConfigView{},
      [&] {
        ++views_asked;
        return views();
      },
      now);
  AS_CHECK(views_asked <= 1);
  if (const auto* change = std::get_if<ops::Change>(&answer)) {
    AS_CHECK(!reads);
    AS_CHECK(change->source != nullptr && change->source->name == "acme");
    AS_CHECK(change->position <= now);
  } else if (!knows) {
    expect_answer(std::get<ops::HttpResponse>(answer));
  }
}

std::vector<std::string> seeds() {
  std::vector<std::string> made;
  const auto add = [&](const std::string& method, const std::string& target, const std::string& more = "\n") {
    made.push_back("method: " + method + "\ntarget: " + target + "\nhost: localhost:8083\n" + more);
  };
  for (const char* path :
       {"/", "/sources", "/livez", "/readyz", "/metrics", "/connectors/acme", "/connectors/acme/status",
        "/connectors/acme/config", "/connectors/acme/tasks", "/connectors/acme/tasks/0/status",
        "/connectors/acme/topics", "/connectors/acme/offsets", "/connectors/nobody"}) {
    add("GET", path);
  }
  add("GET", "/connectors?expand=info&expand=status", "origin: http://localhost:8083\n\n");
  add("PUT", "/connectors/acme/pause");
  add("PUT", "/connectors/acme/resume", "authorization: Bearer nonsense\norigin: null\n\n");
  add("POST", "/connectors/acme/tasks/0/restart", "host: known.example\n\n");
  add("DELETE", "/connectors/acme/offsets?allow_skip&yes=%74rue#top");
  add("PATCH", "/connectors/acme/offsets",
      "\n{\"offsets\":[{\"partition\":{\"source\":\"acme\"},\"offset\":{\"watermark\":\"2026-11-20T12:00:"
      "00Z\"}}]}");
  add("PATCH", "/connectors/acme/offsets",
      "\n{\"offsets\":[{\"partition\":{\"source\":\"acme\"},\"offset\":null}]}");
  std::string large = "\n{\"offsets\":[{\"partition\":{\"source\":\"acme\"},\"offset\":null,\"more\":[0";
  while (large.size() < large_seed) large += ",[{}],\"\\u00e9\",1e5";
  add("PATCH", "/connectors/acme/offsets", large + "]}]}");
  return made;
}

}  // namespace

Target http_request_target() { return {"http_request", run, seeds}; }

}  // namespace auditstream::fuzz
