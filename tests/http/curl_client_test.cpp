// What comes out of CurlClient for well-behaved servers, and in which order of events.
#include <gmock/gmock.h>

#include <condition_variable>
#include <ctime>
#include <mutex>
#include <set>
#include <thread>

#include "http/exchange.h"
#include "http/scripted_server.h"

namespace auditstream::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string path_of(const std::string& request) {
  const std::size_t begin = request.find(' ') + 1;
  return request.substr(begin, request.find(' ', begin) - begin);
}

TEST(CurlClient, HandsOutStatusHeadersAndBody) {
  ScriptedServer server([](Peer& peer, const std::string&) {
    return peer.write(
        "HTTP/1.1 404 Not Found\r\nX-Mixed-CASE:  two words \r\nRetry-After: 7\r\nAge: 18000\r\n"
        "Date: Fri, 20 Nov 2026 07:00:00 GMT\r\nContent-Length: 4\r\n\r\ngone");
  });
  CurlClient client({}, "auditstream/test");
  const Response response = fetch(client, get(server.url()));
  EXPECT_EQ(response.transport, Transport::none);
  EXPECT_EQ(response.transport_detail, "");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(*response.body, "gone");
  EXPECT_EQ(response.header("x-mixed-case"), "two words");
  EXPECT_EQ(response.header("retry-after"), "7");
  EXPECT_EQ(response.header("age"),
            "18000");  // what tells an answer out of a cache from a clock that is wrong
  EXPECT_EQ(response.header("date"), "Fri, 20 Nov 2026 07:00:00 GMT");
  EXPECT_EQ(response.header("x-absent"), std::nullopt);
  EXPECT_GT(response.latency, 0us);
}

TEST(CurlClient, SendsTheRequestAsItIs) {
  ScriptedServer server([](Peer& peer, const std::string&) { return peer.write(ok("{}")); });
  CurlClient client({}, "auditstream/test");
  Request request = get(server.url("/a/../b?page[cursor]=x%2Fy"));
  request.headers = {{"Authorization", "Token secret"}, {"X-Empty", ""}};
  ASSERT_EQ(fetch(client, request).status, 200);
  const std::string sent = server.requests().at(0);
  EXPECT_THAT(sent, StartsWith("GET /a/../b?page[cursor]=x%2Fy HTTP/1.1\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nAuthorization: Token secret\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nUser-Agent: auditstream/test\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nAccept-Encoding: gzip\r\n"));  // nothing that could not be undone
}

TEST(CurlClient, PostsJsonWithoutExpect) {
  ScriptedServer server([](Peer& peer, const std::string&) { return peer.write(ok("{}")); });
  CurlClient client({}, "auditstream/test");
  Request request = get(server.url("/token"));
  request.method = Method::post;
  request.body = std::string(2 << 20, 'x');  // from 1 MiB on curl would ask for "100 Continue"
  ASSERT_EQ(fetch(client, request).status, 200);
  const std::string sent = server.requests().at(0);
  EXPECT_THAT(sent.substr(0, 1000), AllOf(StartsWith("POST /token HTTP/1.1\r\n"), Not(HasSubstr("Expect")),
                                          HasSubstr("\r\nContent-Type: application/json\r\n")));
  EXPECT_EQ(sent.substr(sent.find("\r\n\r\n") + 4), request.body);
}

TEST(CurlClient, AHandleUsedAgainForgetsTheRequestBefore) {
  ScriptedServer server([](Peer& peer, const std::string&) { return peer.write(ok("{}")); });
  CurlClient client({}, "auditstream/test");
  Request post = get(server.url());
  post.method = Method::post;
  post.body = "{\"secret\":1}";
  post.headers = {{"X-Api-Key", "secret"}};
  ASSERT_EQ(fetch(client, post).status, 200);
  ASSERT_EQ(fetch(client, get(server.url())).status, 200);
  EXPECT_THAT(server.requests().at(1),
              AllOf(StartsWith("GET "), Not(HasSubstr("secret")), Not(HasSubstr("Content-"))));
}

TEST(CurlClient, OneConnectionServesManyRequests) {
  ScriptedServer server([](Peer& peer, const std::string&) { return peer.write(ok("{}")); });
  CurlClient client({}, "auditstream/test");
  for (int i = 0; i < 50; ++i) ASSERT_EQ(fetch(client, get(server.url())).status, 200);
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlClient, FollowsNoRedirect) {
  ScriptedServer server([](Peer& peer, const std::string&) {
    return peer.write("HTTP/1.1 303 See Other\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  });
  CurlClient client({}, "auditstream/test");
  const Response response = fetch(client, get(server.url()));
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(response.header("location"), "http://127.0.0.1:1/");
}

TEST(CurlClient, UnpacksGzip) {
  const std::string plain(300'000, 'e');
  ScriptedServer server([packed = gzip(plain)](Peer& peer, const std::string&) {
    return peer.write(ok(packed, "Content-Encoding: gzip\r\n"));
  });
  CurlClient client({}, "auditstream/test");
  EXPECT_EQ(*fetch(client, get(server.url())).body, plain);
}

// As concatenated log files and some proxies send it.
TEST(CurlClient, UnpacksEveryMemberOfGzip) {
  const std::string packed = gzip("{\"events\":") + gzip("") + gzip(std::string(100'000, ' ')) + gzip("[]}") +
                             std::string(100, '\0');
  const std::string plain = "{\"events\":" + std::string(100'000, ' ') + "[]}";
  ScriptedServer server([&packed](Peer& peer, const std::string& request) {
    if (path_of(request) == "/whole") return peer.write(ok(packed, "Content-Encoding: gzip\r\n"));
    // Byte by byte, so that the members' borders fall everywhere.
    peer.write("HTTP/1.1 200 OK\r\nContent-Encoding: x-gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const char byte : packed) peer.write(std::string("1\r\n") + byte + "\r\n");
    return peer.write("0\r\n\r\n");
  });
  CurlClient client({}, "auditstream/test");
  EXPECT_EQ(*fetch(client, get(server.url("/whole"))).body, plain);
  EXPECT_EQ(*fetch(client, get(server.url("/bytes"))).body, plain);
}

TEST(CurlClient, TakesPackedAnswersWithoutABody) {
  ScriptedServer server(
      [](Peer& peer, const std::string&) { return peer.write(ok("", "Content-Encoding: gzip\r\n")); });
  CurlClient client({}, "auditstream/test");
  const Response response = fetch(client, get(server.url()));
  EXPECT_EQ(response.status, 200) << response.transport_detail;
  EXPECT_EQ(*response.body, "");
}

TEST(CurlClient, ADecompressionBombStopsAtTheLimit) {
  ScriptedServer server([packed = gzip(std::string(200 << 20, '\0'))](Peer& peer, const std::string&) {
    return peer.write(ok(packed, "Content-Encoding: gzip\r\n"));
  });
  CurlClient client({.response_bytes_max = 1 << 20}, "auditstream/test");
  const Response response = fetch(client, get(server.url()));
  EXPECT_EQ(response.transport, Transport::too_large);
  EXPECT_THAT(response.transport_detail, HasSubstr("1048576 bytes"));
  EXPECT_TRUE(response.body->empty());
}

TEST(CurlClient, ABombOfManyMembersStopsAtTheLimitToo) {
  std::string packed;
  for (int i = 0; i < 20; ++i) packed += gzip(std::string(100'000, '\0'));
  ScriptedServer server([&packed](Peer& peer, const std::string&) {
    return peer.write(ok(packed, "Content-Encoding: gzip\r\n"));
  });
  CurlClient client({.response_bytes_max = 1 << 20}, "auditstream/test");
  EXPECT_EQ(fetch(client, get(server.url())).transport, Transport::too_large);
}

TEST(CurlClient, ABodyOfExactlyTheLimitPasses) {
  ScriptedServer server([](Peer& peer, const std::string& request) {
    return peer.write(ok(std::string(path_of(request) == "/more" ? 1001 : 1000, 'x')));
  });
  CurlClient client({.response_bytes_max = 1000}, "auditstream/test");
  EXPECT_EQ(fetch(client, get(server.url("/enough"))).body->size(), 1000u);
  EXPECT_EQ(fetch(client, get(server.url("/more"))).transport, Transport::too_large);
}

TEST(CurlClient, KeepsTheHeadersOfTheLastBlockWithoutTrailers) {
  ScriptedServer server([](Peer& peer, const std::string&) {
    return peer.write(
        "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
        "HTTP/1.1 200 OK\r\nX-Final: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n");
  });
  CurlClient client({}, "auditstream/test");
  const Response response = fetch(client, get(server.url()));
  EXPECT_EQ(*response.body, "{}");
  EXPECT_EQ(response.header("x-early"), std::nullopt);
  EXPECT_EQ(response.header("x-final"), "1");
  EXPECT_EQ(response.header("x-trailer"), std::nullopt);
}

// Answers wait until all of a first crowd has arrived: they must really be in flight at once, and not one
// more.
TEST(CurlClient, AThousandRequestsKeepToTheLimitPerHost) {
  constexpr int requests = 1000;
  constexpr int at_once = 32;
  std::mutex mutex;
  std::condition_variable arrived;
  int seen = 0;
  int inside = 0;
  int inside_max = 0;
  ScriptedServer server([&](Peer& peer, const std::string& request) {
    {
      std::unique_lock lock(mutex);
      inside_max = std::max(inside_max, ++inside);
      ++seen;
      arrived.notify_all();
      arrived.wait(lock, [&] { return seen >= at_once; });
    }
    const std::string answer = ok(path_of(request));
    {
      const std::lock_guard lock(mutex);
      --inside;
    }
    return peer.write(answer);
  });
  CurlClient client({}, "auditstream/test");
  for (int i = 0; i < requests; ++i) client.send(i, get(server.url("/" + std::to_string(i))));
  const auto responses = collect(client, requests);
  for (const auto& [id, response] : responses) EXPECT_EQ(*response.body, "/" + std::to_string(id));
  EXPECT_EQ(inside_max, at_once);
  EXPECT_LE(server.connections(), at_once);
}

TEST(CurlClient, ACrowdAtOneHostDoesNotHoldUpAnother) {
  ScriptedServer stuck([](Peer& peer, const std::string&) {
    peer.wait_for_close();
    return false;
  });
  ScriptedServer lively([](Peer& peer, const std::string&) { return peer.write(ok("{}")); });
  CurlClient client({.connections_max = 8, .connections_per_host_max = 4}, "auditstream/test");
  for (RequestId id = 100; id < 200; ++id) client.send(id, get(stuck.url()));
  for (RequestId id = 1; id <= 20; ++id) client.send(id, get(lively.url()));
  const auto responses = collect(client, 20);
  for (const auto& [id, response] : responses) EXPECT_EQ(response.status, 200) << id;
}

TEST(CurlClient, WaitingInLineCostsNeitherTimeoutNorCpu) {
  std::mutex mutex;
  std::condition_variable opened;
  bool open = false;
  ScriptedServer server([&](Peer& peer, const std::string& request) {
    if (path_of(request) == "/first") {
      std::unique_lock lock(mutex);
      opened.wait(lock, [&] { return open; });
    }
    return peer.write(ok("{}"));
  });
  CurlClient client({.connections_per_host_max = 1}, "auditstream/test");
  client.send(1, get(server.url("/first")));
  for (RequestId id = 2; id <= 200; ++id) {
    Request request = get(server.url("/next"));
    request.timeout = 1s;
    client.send(id, std::move(request));
  }
  const std::clock_t cpu = std::clock();
  const auto until = std::chrono::steady_clock::now() + 1300ms;
  while (std::chrono::steady_clock::now() < until) EXPECT_TRUE(client.wait(100ms).empty());
  EXPECT_LT(std::clock() - cpu, CLOCKS_PER_SEC / 4);
  {
    const std::lock_guard lock(mutex);
    open = true;
  }
  opened.notify_all();
  for (const auto& [id, response] : collect(client, 200)) EXPECT_EQ(response.status, 200) << id;
}

TEST(CurlClient, CancelledRequestsAreNeverAnswered) {
  ScriptedServer server([](Peer& peer, const std::string& request) {
    if (path_of(request) == "/stuck") {
      peer.wait_for_close();
      return false;
    }
    return peer.write(ok("{}"));
  });
  CurlClient client({.connections_per_host_max = 1}, "auditstream/test");
  client.send(1, get(server.url("/stuck")));  // running
  client.send(2, get(server.url("/quick")));  // in line behind it
  client.send(3, get(server.url("/quick")));
  while (server.requests().empty()) EXPECT_TRUE(client.wait(10ms).empty());
  client.send(4, get("http://["));  // failed, not yet handed out
  client.cancel(2);
  client.cancel(1);
  client.cancel(4);
  client.cancel(99);
  const auto responses = collect(client, 1);
  ASSERT_TRUE(responses.contains(3));
  EXPECT_EQ(responses.at(3).status, 200);
  client.send(1, get(server.url("/quick")));  // the id is free again
  EXPECT_EQ(collect(client, 1).at(1).status, 200);
}

TEST(CurlClient, CanBeDestroyedWithRequestsInFlight) {
  ScriptedServer server([](Peer& peer, const std::string&) {
    peer.wait_for_close();
    return false;
  });
  CurlClient client({.connections_per_host_max = 1}, "auditstream/test");
  client.send(1, get(server.url()));
  client.send(2, get(server.url()));
  EXPECT_TRUE(client.wait(0s).empty());
}

TEST(CurlClient, WakeEndsAWait) {
  CurlClient client({}, "auditstream/test");
  const auto begin = std::chrono::steady_clock::now();
  std::thread other([&client] { client.wake(); });
  EXPECT_TRUE(client.wait(30s).empty());
  other.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
}

TEST(CurlClient, AnIdleWaitLastsItsTimeout) {
  CurlClient client({}, "auditstream/test");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(client.wait(50ms).empty());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 50ms);
}

}  // namespace
}  // namespace auditstream::http
