// The HTTP server over real sockets: what it carries, what it refuses, and that nobody keeps it from
// answering others.
#include "runtime/http_server.h"
#include "runtime/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <random>
#include <thread>

#include "support/raw_client.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using InTime = std::function<admin::HttpResponse(const admin::HttpRequest&)>;
using AtOnce = std::function<std::optional<admin::HttpResponse>(const admin::HttpRequest&)>;

std::optional<admin::HttpResponse> live(const admin::HttpRequest& request) {
  if (request.path != "/livez") return std::nullopt;
  return admin::HttpResponse{200, "ok", "text/plain"};
}

std::unique_ptr<runtime::HttpServer> serve(InTime in_time, AtOnce at_once = live) {
  auto server = runtime::HttpServer::start("127.0.0.1:0", {std::move(at_once), std::move(in_time)});
  if (!server.ok()) throw std::runtime_error(server.error().message);
  return *std::move(server);
}

// Answers with what it has understood.
admin::HttpResponse echo(const admin::HttpRequest& request) {
  admin::HttpResponse response{200, request.method + " " + request.path, "text/plain"};
  for (const auto& [name, value] : request.query) response.body += " " + name + "=" + value;
  response.body += " [" + request.body + "]";
  if (request.headers.contains("x-mark")) response.body += " " + request.headers.at("x-mark");
  return response;
}

std::string ask(const runtime::HttpServer& server, const std::string& bytes) {
  return RawClient(server.address()).ask(bytes);
}

std::string get(const runtime::HttpServer& server, const std::string& target) {
  return ask(server, "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

const std::string offsets = "PATCH /connectors/a/offsets HTTP/1.1\r\nHost: localhost\r\n";

std::vector<std::unique_ptr<RawClient>> clients(const runtime::HttpServer& server, std::size_t number,
                                                const std::string& bytes) {
  std::vector<std::unique_ptr<RawClient>> all;
  for (std::size_t i = 0; i < number; ++i) {
    all.push_back(std::make_unique<RawClient>(server.address()));
    all.back()->send(bytes);
  }
  return all;
}

std::size_t number_waiting(const std::vector<std::unique_ptr<RawClient>>& clients) {
  return static_cast<std::size_t>(
      std::ranges::count_if(clients, [](const auto& client) { return client->waits(); }));
}

TEST(HttpServer, CarriesRequestsAndAnswers) {
  const auto server = serve(echo);
  EXPECT_THAT(get(*server, "/a%20b?x=1&y=%2F"),
              AllOf(StartsWith("HTTP/1.1 200"), EndsWith("GET /a b x=1 y=/ []")));
  for (const char* method : {"PUT", "POST", "DELETE", "PATCH"}) {
    const std::string line = std::string(method) + " /p HTTP/1.1\r\nHost: localhost\r\nX-Mark: m\r\n";
    EXPECT_THAT(ask(*server, line + "\r\n"), EndsWith(std::string(method) + " /p [] m")) << "without a body";
    EXPECT_THAT(ask(*server, line + "Content-Length: 0\r\n\r\n"), EndsWith("/p [] m")) << method;
    EXPECT_THAT(ask(*server, line + "Content-Length: 4\r\n\r\nbody"), EndsWith("/p [] m"))
        << "a body that nothing is done with is not read";
  }
  EXPECT_THAT(ask(*server, offsets + "Content-Length: 4\r\n\r\nbody"), EndsWith("/offsets [body]"));
  const std::string chunks = "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
  EXPECT_THAT(ask(*server, offsets + chunks), EndsWith("/offsets [body]"));
  RawClient slow(server->address());
  for (const char byte : offsets + chunks) {
    slow.send(std::string(1, byte));
    let_pass(1ms);
  }
  EXPECT_THAT(slow.rest(), EndsWith("/offsets [body]"));
  const std::string head = ask(*server, "HEAD /p HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(head,
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 10\r\n"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(ask(*server, "GET /old HTTP/1.0\r\n\r\n"), EndsWith("GET /old []"));
}

TEST(HttpServer, TellsAClientThatAsksFirstToGoOn) {
  const auto server = serve(echo);
  RawClient client(server->address());
  client.send(offsets + "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.some(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  EXPECT_THAT(client.rest(), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("[body]")));
}

TEST(HttpServer, ATakenPortIsAnErrorThatNamesTheSetting) {
  const auto server = serve(echo);
  const auto second = runtime::HttpServer::start(server->address(), {live, echo});
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message,
              AllOf(StartsWith("http.listen: can't listen at " + server->address()), HasSubstr("in use")));
  const auto nowhere = runtime::HttpServer::start("192.0.2.1:0", {live, echo});
  ASSERT_FALSE(nowhere.ok());
}

TEST(HttpServer, KnowsWhatIsLoopback) {
  for (const char* listen : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "LOCALHOST:1"})
    EXPECT_TRUE(runtime::HttpServer::is_loopback(listen)) << listen;
  for (const char* listen :
       {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "audit.example:1", "api.localhost:1", "off"})
    EXPECT_FALSE(runtime::HttpServer::is_loopback(listen)) << listen;
}

TEST(HttpServer, RefusesWhatIsTooMuch) {
  const auto server = serve(echo);
  EXPECT_THAT(get(*server, "/" + std::string(2000, 'a')), StartsWith("HTTP/1.1 414"));
  EXPECT_THAT(get(*server, "/" + std::string(20'000, 'a')), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(ask(*server, "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  // Each line ends a piece, so that nothing is left over which could be too long.
  RawClient lines(server->address());
  lines.send("GET / HTTP/1.1\r\nX");
  for (int i = 0; i < 40; ++i) {
    if (!lines.send(": " + std::string(500, 'x') + "\r\nX")) break;
    let_pass(1ms);
  }
  EXPECT_THAT(lines.rest(), StartsWith("HTTP/1.1 431"));
  const std::string large(runtime::wire::body_bytes_max + 1, 'b');
  EXPECT_THAT(ask(*server, offsets + "Content-Length: " + std::to_string(large.size()) + "\r\n\r\n" + large),
              AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("\"error_code\":413")));
  EXPECT_THAT(ask(*server, offsets + "Transfer-Encoding: chunked\r\n\r\n10001\r\n" + large + "\r\n0\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("\"error_code\":413")));
  RawClient endless(server->address());
  endless.send("GET / HTTP/1.1\r\n");
  std::size_t sent = 0;
  const std::string header = "X: " + std::string(1000, 'x') + "\r\n";
  while (endless.send(header) && sent < 100 << 20) sent += header.size();
  EXPECT_LT(sent, 20u << 20);
  EXPECT_THAT(get(*server, "/still"), EndsWith("GET /still []"));
}

// 809 bytes can become two gigabytes.
TEST(HttpServer, UnpacksNothing) {
  std::atomic<int> asked = 0;
  const auto server = serve([&](const admin::HttpRequest& request) { return ++asked, echo(request); });
  for (const char* encoding : {"gzip", "deflate", "br", "gzip, gzip", "identity", ""}) {
    EXPECT_THAT(
        ask(*server, offsets + "Content-Length: 3\r\ncontent-encoding: " + encoding + "\r\n\r\n\x1f\x8b\x08"),
        AllOf(StartsWith("HTTP/1.1 415"), HasSubstr("Content-Encoding")))
        << encoding;
  }
  EXPECT_EQ(asked, 0);
}

TEST(HttpServer, AnswersOnceWhateverRangesAreAskedFor) {
  const auto server = serve([](const admin::HttpRequest&) {
    return admin::HttpResponse{200, std::string(50'000, 'a')};
  });
  std::string ranges = "bytes=0-";
  for (int i = 1; i < 2600; ++i) ranges += ",0-";
  const std::string answer =
      ask(*server, "GET / HTTP/1.1\r\nHost: localhost\r\nRange: " + ranges + "\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_LT(answer.size(), 51'000u);
}

// Who is refused need not send the body, and nobody waits for it.
TEST(HttpServer, LetsInBeforeItReads) {
  const auto server = serve(echo, [](const admin::HttpRequest& head) -> std::optional<admin::HttpResponse> {
    if (head.headers.contains("x-mark")) return admin::error_response(403, "not you");
    return std::nullopt;
  });
  for (const char* announced : {"Content-Length: 60000\r\n", "Transfer-Encoding: chunked\r\n",
                                "Content-Length: 60000\r\nExpect: 100-continue\r\n"}) {
    EXPECT_THAT(ask(*server, offsets + "X-Mark: m\r\n" + announced + "\r\n"), StartsWith("HTTP/1.1 403"))
        << announced;
    EXPECT_THAT(ask(*server, "PUT /connectors/a/pause HTTP/1.1\r\n" + std::string(announced) + "\r\n"),
                EndsWith("/pause []"))
        << announced;
  }
}

TEST(HttpServer, EveryAnswerIsForItsClientAlone) {
  const auto server = serve([](const admin::HttpRequest& request) -> admin::HttpResponse {
    if (request.path == "/throws") throw std::runtime_error("x");
    if (request.path == "/nothing") return {204};
    return admin::error_response(404, "nothing");
  });
  for (const std::string& request :
       {std::string("GET /livez HTTP/1.1\r\n\r\n"), std::string("GET /throws HTTP/1.1\r\n\r\n"),
        std::string("GET /nothing HTTP/1.1\r\n\r\n"), std::string("HEAD /x HTTP/1.1\r\n\r\n"),
        std::string("nonsense\r\n\r\n"), std::string("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        "GET /" + std::string(2000, 'a') + " HTTP/1.1\r\n\r\n",
        "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n", offsets + "Content-Length: 100000\r\n\r\n",
        offsets + "Content-Encoding: gzip\r\n\r\n"}) {
    EXPECT_THAT(ask(*server, request),
                AllOf(StartsWith("HTTP/1.1 "), HasSubstr("\r\nCache-Control: no-store\r\n"),
                      HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"),
                      HasSubstr("\r\nReferrer-Policy: no-referrer\r\n")))
        << request.substr(0, 60);
  }
}

TEST(HttpServer, SurvivesGarbage) {
  const auto server = serve(echo);
  for (const char* bytes :
       {"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "FOO / HTTP/1.1\r\n\r\n",
        "GET /\xff\xfe HTTP/1.1\r\n\r\n", "GET /% HTTP/1.1\r\n\r\n", "GET /%zz%00 HTTP/1.1\r\n\r\n",
        "GET /?%&=&%=%&a HTTP/1.1\r\n\r\n", "GET /#? HTTP/1.1\r\n\r\n",
        "PATCH /connectors/a/offsets HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "PATCH /connectors/a/offsets HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "PATCH /connectors/a/offsets HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
        "PATCH /connectors/a/offsets HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "PATCH /connectors/a/offsets HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        "POST / HTTP/1.1\r\nContent-Type: multipart/form-data\r\nContent-Length: 1\r\n\r\nx"}) {
    RawClient client(server->address());
    client.send(bytes);
    client.end();
    EXPECT_THAT(client.rest(), AnyOf(IsEmpty(), StartsWith("HTTP/1.1 "))) << bytes;
  }
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    std::string bytes =
        "PATCH /connectors/a/offsets?x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n"
        "{\"offsets\":[{},{},{}]}";
    for (int flips = 1 + static_cast<int>(random() % 8); flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(random() % 2 == 0 ? bytes.size() : random() % bytes.size());
    RawClient client(server->address());
    client.send(bytes);  // and leaves
  }
  EXPECT_THAT(get(*server, "/still"), EndsWith("GET /still []"));
}

TEST(HttpServer, AnExceptionIsAnAnswer) {
  const auto thrower = [](const admin::HttpRequest&) -> admin::HttpResponse {
    throw std::runtime_error("x");
  };
  EXPECT_THAT(get(*serve(thrower), "/"), AllOf(StartsWith("HTTP/1.1 500"), HasSubstr("\"error_code\":500")));
  EXPECT_THAT(get(*serve(echo, thrower), "/"), StartsWith("HTTP/1.1 500"));
}

// They wait, we don't: nothing was closed for the sake of an answer.
TEST(HttpServer, SlowClientsKeepNobodyFromAnAnswer) {
  const auto server = serve(echo);
  const auto heads = clients(*server, 150, "GET / HTTP/1.1\r\nX: ");
  const auto bodies = clients(*server, 50, offsets + "Content-Length: 10\r\n\r\nx");
  EXPECT_THAT(get(*server, "/livez"), EndsWith("ok"));
  EXPECT_THAT(get(*server, "/else"), EndsWith("GET /else []"));
  EXPECT_EQ(number_waiting(heads), heads.size());
  EXPECT_EQ(number_waiting(bodies), bodies.size());
  for (const auto& body : bodies) body->send("123456789");
  for (const auto& body : bodies) EXPECT_THAT(body->rest(), EndsWith("[x123456789]"));
}

TEST(HttpServer, WhereTooManyAreConnectedTheOldestGo) {
  const auto server = serve(echo);
  const auto slow = clients(*server, runtime::HttpServer::connections_max + 50, "GET / HTTP/1.1\r\nX: ");
  EXPECT_THAT(get(*server, "/livez"), EndsWith("ok"));
  until("the oldest are closed", 20s,
        [&] { return number_waiting(slow) < runtime::HttpServer::connections_max && !slow[0]->waits(); });
  EXPECT_TRUE(slow.back()->waits());
  EXPECT_GT(number_waiting(slow), runtime::HttpServer::connections_max - 10);
}

// A byte now and then buys no time beyond the deadline.
TEST(HttpServer, WhoSendsAByteNowAndThenIsClosedAllTheSame) {
  const auto server = serve(echo);
  const auto slow = clients(*server, 3, "GET / HTTP/1.1\r\nX: ");
  until("the server has had enough of them",
        2 * std::chrono::duration_cast<std::chrono::milliseconds>(runtime::HttpServer::request_deadline),
        [&] {
          for (const auto& client : slow) client->send("x");
          return number_waiting(slow) == 0;
        });
}

TEST(HttpServer, ClientsThatDoNotReadKeepNobodyFromAnAnswer) {
  const auto server = serve([](const admin::HttpRequest& request) {
    return request.path == "/large" ? admin::HttpResponse{200, std::string(16 << 20, 'a')} : echo(request);
  });
  const auto deaf = clients(*server, 2 * runtime::HttpServer::threads_max, "GET /large HTTP/1.1\r\n\r\n");
  for (const auto& client : deaf) client->some();
  EXPECT_THAT(get(*server, "/livez"), EndsWith("ok"));
  EXPECT_THAT(get(*server, "/else"), EndsWith("GET /else []"));
  // Of what they don't read only so much is kept: the oldest have lost it.
  EXPECT_LT(deaf.front()->rest().size(), 16u << 20);
  EXPECT_GT(deaf.back()->rest().size(), (16u << 20) - 4096);
}

TEST(HttpServer, WhatIsTooMuchAtATimeIsToldToComeAgain) {
  std::promise<void> release;
  const auto server = serve([released = release.get_future().share()](const admin::HttpRequest& request) {
    released.wait();
    return echo(request);
  });
  const std::size_t room = runtime::HttpServer::threads_max + runtime::HttpServer::waiting_max;
  const auto all = clients(*server, room + 5, "GET /slow HTTP/1.1\r\n\r\n");
  until("the rest is refused", 20s, [&] { return number_waiting(all) == room; });
  EXPECT_THAT(get(*server, "/livez"), EndsWith("ok"));
  EXPECT_THAT(get(*server, "/else"), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Retry-After: 1\r\n")));
  release.set_value();
  std::size_t answered = 0;
  for (const auto& client : all) answered += client->rest().ends_with("GET /slow []") ? 1 : 0;
  EXPECT_EQ(answered, room);
}

TEST(HttpServer, EndsAlthoughClientsAreConnectedAndAnswersWhatIsUnderWay) {
  std::promise<void> begun, release;
  auto server = serve([&, released = release.get_future().share()](const admin::HttpRequest& request) {
    begun.set_value();
    released.wait();
    return echo(request);
  });
  const auto idle = clients(*server, 3, "GET / HTTP/1.1\r\n");
  const auto asking = clients(*server, 1, "GET /last HTTP/1.1\r\n\r\n");
  begun.get_future().wait();
  std::thread ending([&] { server.reset(); });
  for (const auto& client : idle) EXPECT_THAT(client->rest(), IsEmpty());
  release.set_value();
  EXPECT_THAT(asking[0]->rest(), EndsWith("GET /last []"));
  ending.join();
}

}  // namespace
}  // namespace auditstream::test
