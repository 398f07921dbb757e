// A request to the HTTP server: as its fields ("method", "target" and headers, then the body), and as bytes
// come over the wire.
#include <algorithm>
#include <optional>

#include "admin/access_policy.h"
#include "admin/api.h"
#include "auditstream/check.h"
#include "auditstream/json.h"
#include "fuzz/fields.h"
#include "fuzz/target.h"
#include "runtime/wire.h"

namespace auditstream::fuzz {
namespace {

constexpr std::string_view token = "fuzz-0a1b2c3d4e5f-token";

std::vector<admin::SourceView> views() {
  auto source = std::make_shared<Source>();
  source->name = "acme";
  source->vendor = "tines";
  source->account = "acme";
  source->topic = "audit.tines";
  source->settings["tenant_domain"] = "acme.tines.com";
  admin::SourceView view;
  view.source = source;
  view.state = admin::SourceState::running;
  view.owner = "one";
  view.cursor.emplace();
  view.per_minute = {0, 3};
  return {view};
}

admin::HttpRequest request_of(std::string_view input) {
  const Fields fields = fields_of(input);
  admin::HttpRequest request{std::string(fields["method"]), ""};
  admin::read_target(fields["target"], request);
  for (const auto& [name, value] : fields.list) {
    if (name != "method" && name != "target") request.headers.emplace(name, value);
  }
  if (admin::takes_body(request)) request.body = fields.rest;
  return request;
}

void expect_answer(const admin::HttpResponse& response) {
  AS_CHECK(response.status >= 200 && response.status < 600);
  AS_CHECK(response.body.find(token) == std::string::npos);
  if (response.status < 400) return;
  AS_CHECK(json::scalar_at(response.body, "/error_code") == std::to_string(response.status));
  AS_CHECK(json::scalar_at(response.body, "/message").has_value());
}

void expect_good_answers(const admin::HttpRequest& request, std::string_view input) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  // Whoever asks holds no token that counts, unless the input happens to spell it.
  const bool knows = input.find(token) != std::string_view::npos;
  for (const bool loopback : {true, false}) {
    const admin::AccessPolicy policy{"0.0.0.0:8083", loopback, Secret(std::string(token)), {"known.example"}};
    const auto refused = admin::refuse_access(request, policy);
    if (refused && !knows) expect_answer(*refused);
    if (!loopback && !reads && !knows) AS_CHECK(refused.has_value());
  }

  const Time now = *parse_rfc3339("2026-11-20T12:00:00Z");
  int views_asked = 0;
  const auto answer = admin::answer(
      request, admin::Identity{"1", "c", "one", "group", "offsets", 12, "cluster"}, admin::KafkaView{},
      admin::ConfigView{},
      [&] {
        ++views_asked;
        return views();
      },
      now);
  AS_CHECK(views_asked <= 1);
  if (const auto* change = std::get_if<admin::Change>(&answer)) {
    AS_CHECK(!reads);
    AS_CHECK(change->source != nullptr && change->source->name == "acme");
    AS_CHECK(change->position <= now);
  } else if (!knows) {
    expect_answer(std::get<admin::HttpResponse>(answer));
  }
}

void run(std::string_view input) { expect_good_answers(request_of(input), input); }

// What came of the bytes of a connection; neither: nobody is there to be told.
struct Heard {
  std::optional<admin::HttpRequest> request;
  std::optional<admin::HttpResponse> refusal;
};

// Where a socket gives them `piece` at a time.
Heard hear(std::string_view left, std::size_t piece) {
  using State = runtime::wire::Reader::State;
  runtime::wire::Reader reader;
  bool has_head = false;
  while (true) {
    State state = has_head ? reader.read_body() : reader.read_head();
    if (state == State::done && !has_head && admin::takes_body(reader.request())) {
      has_head = true;
      (void)reader.waits_to_go_on();
      state = reader.read_body();
    }
    if (state == State::done) return {reader.request(), {}};
    if (state == State::refused) return {{}, reader.refusal()};
    const auto room = reader.room();
    AS_CHECK(room.size() > 0);
    const std::size_t bytes = left.copy(static_cast<char*>(room.data()), std::min(piece, room.size()));
    left.remove_prefix(bytes);
    reader.came(bytes);
  }
}

void run_wire(std::string_view input) {
  const Heard whole = hear(input, input.size());
  AS_CHECK(!whole.request || !whole.refusal);
  if (whole.refusal) {
    AS_CHECK(whole.refusal->status >= 400 && whole.refusal->status < 500);
    expect_answer(*whole.refusal);
  }
  // How the network cuts it changes nothing.
  const Heard pieces = hear(input, 1 + input.size() % 61);
  AS_CHECK(pieces.request.has_value() == whole.request.has_value());
  if (!whole.request) return;
  AS_CHECK(pieces.request->method == whole.request->method && pieces.request->path == whole.request->path);
  AS_CHECK(pieces.request->headers == whole.request->headers && pieces.request->body == whole.request->body);
  AS_CHECK(pieces.request->query == whole.request->query);
  AS_CHECK(whole.request->body.size() <= runtime::wire::body_bytes_max);
  AS_CHECK(whole.request->path.size() <= runtime::wire::path_bytes_max);
  expect_good_answers(*whole.request, input);
}

std::vector<std::string> wire_seeds() {
  const std::string host = "Host: localhost:8083\r\n";
  const std::string patch = "PATCH /connectors/acme/offsets?yes=true HTTP/1.1\r\n" + host;
  const std::string body =
      "{\"offsets\":[{\"partition\":{\"source\":\"acme\"},\"offset\":{\"watermark\":"
      "\"2026-11-20T12:00:00Z\"}}]}";
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  std::string large(large_seed, ' ');
  return {
      "GET /sources HTTP/1.1\r\n" + host + "Accept: application/json\r\n\r\n",
      "GET /livez HTTP/1.0\r\n\r\n",
      "HEAD /metrics?a=%20b&c HTTP/1.1\r\n" + host + "Range: bytes=0-,0-\r\n\r\n",
      "PUT /connectors/acme/pause HTTP/1.1\r\n" + host + "Authorization: Bearer nonsense\r\n\r\n",
      patch + length + "Expect: 100-continue\r\n\r\n" + body,
      patch + "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\n{\"off\r\n2\r\ns\"\r\n0\r\nTrailer: x\r\n\r\n",
      patch + length + "Content-Encoding: gzip\r\n\r\n" + body,
      patch + "Content-Length: " + std::to_string(large.size()) + "\r\n\r\n" + large,
      "GET / HTTP/1.1\r\nX: a\r\n b\r\n" + host + host + "\r\n",
      "GET http://localhost:8083/connectors HTTP/1.1\r\n" + host + "\r\nGET / HTTP/1.1\r\n\r\n",
  };
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
Target http_wire_target() { return {"http_wire", run_wire, wire_seeds}; }

}  // namespace auditstream::fuzz
