// The tests' own HTTP server, over real sockets: it must break answers exactly as told, and nothing else.
#include "support/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <cerrno>
#include <thread>

namespace auditstream::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// One connection of a client that sees every byte.
class Wire {
 public:
  explicit Wire(const HttpServer& server) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Wire() { close(fd_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void send(const std::string& bytes) {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void get(const std::string& target, const std::string& more = "") {
    send("GET " + target + " HTTP/1.1\r\nHost: here:1\r\n" + more + "\r\n");
  }

  // Receives until the text ends so, the connection ends, or more than `bytes_max` came.
  std::string until(std::string_view end, std::size_t bytes_max = 100 << 20) {
    std::string got;
    char buffer[65536];
    while (got.size() <= bytes_max && (end.empty() || !got.ends_with(end))) {
      const ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
      error = count < 0 ? errno : 0;
      closed = count == 0;
      if (count <= 0) break;
      got.append(buffer, static_cast<std::size_t>(count));
    }
    return got;
  }
  std::string rest() { return until(""); }

  bool closed = false;
  int error = 0;

 private:
  int fd_;
};

std::unique_ptr<HttpServer> serve(HttpServer::Handler handler, HttpServer::Options options = {}) {
  return HttpServer::listen(std::move(options), std::move(handler)).value();
}

Reply text_reply(std::string text, Fate fate = Fate::complete) {
  Reply reply;
  reply.body = std::make_shared<const std::string>(std::move(text));
  reply.fate = fate;
  return reply;
}

TEST(HttpServer, AnswersManyRequestsOnOneConnection) {
  const auto server = serve([](const Request& request) {
    return text_reply(request.method + " " + std::string(request.path()) + " " +
                      std::string(request.query()) + " " + request.origin + " " +
                      std::string(request.header("x-one").value_or("-")) + " " + request.body + ".");
  });
  Wire wire(*server);
  wire.get("/a?b=c", "X-One:  two \r\n");
  EXPECT_THAT(wire.until("."), EndsWith("\r\n\r\nGET /a b=c http://here:1 two ."));
  wire.send("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
  wire.send("llo");
  EXPECT_THAT(wire.until("."), EndsWith("POST /p  http://x - hello."));
  wire.get("/", "Connection: close\r\n");
  EXPECT_THAT(wire.rest(), StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(wire.closed);
  EXPECT_EQ(server->connections(), 1U);
}

TEST(HttpServer, CarriesLargeBodiesWhole) {
  const std::string large(5'000'000, 'x');
  const auto server = serve([&](const Request&) { return text_reply(large + "."); });
  Wire wire(*server);
  wire.get("/");
  EXPECT_THAT(wire.until("."), EndsWith(large + "."));
}

TEST(HttpServer, ADelayedAnswerHoldsNobodyElseUp) {
  const auto server = serve([](const Request& request) {
    Reply reply = text_reply(std::string(request.path()) + ".");
    if (request.path() == "/slow") reply.delay = 300ms;
    return reply;
  });
  Wire slow(*server);
  Wire fast(*server);
  const auto begin = std::chrono::steady_clock::now();
  slow.get("/slow");
  fast.get("/fast");
  EXPECT_THAT(fast.until("."), EndsWith("/fast."));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 300ms);
  EXPECT_THAT(slow.until("."), EndsWith("/slow."));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms);
}

TEST(HttpServer, AClientThatLeavesEarlyIsForgotten) {
  const auto server = serve([](const Request& request) {
    Reply reply = text_reply("done.");
    if (request.path() == "/never") reply.delay = 1h;
    return reply;
  });
  { Wire(*server).get("/never"); }
  Wire wire(*server);
  wire.get("/");
  EXPECT_THAT(wire.until("."), EndsWith("done."));
}

TEST(HttpServer, EndsAnswersBadlyAsTold) {
  std::atomic<Fate> fate = Fate::complete;
  const std::string body(1000, 'b');
  const auto server = serve([&](const Request&) { return text_reply(body, fate); });

  fate = Fate::reset_at_once;
  Wire at_once(*server);
  at_once.get("/");
  EXPECT_EQ(at_once.rest(), "");
  EXPECT_EQ(at_once.error, ECONNRESET);

  fate = Fate::reset_midway;
  Wire midway(*server);
  midway.get("/");
  EXPECT_LE(midway.rest().size(), 700U);
  EXPECT_EQ(midway.error, ECONNRESET);

  fate = Fate::cut_short;
  Wire cut(*server);
  cut.get("/");
  const std::string half = cut.rest();
  EXPECT_THAT(half, HasSubstr("Content-Length: 1000\r\n"));
  EXPECT_THAT(half, EndsWith("\r\n\r\n" + std::string(500, 'b')));
  EXPECT_TRUE(cut.closed);

  fate = Fate::endless;
  Wire endless(*server);
  endless.get("/");
  EXPECT_GT(endless.until("", 1 << 20).size(), 1U << 20);

  fate = Fate::chunked;
  Wire chunks(*server);
  chunks.get("/");
  const std::string all = chunks.until("0\r\n\r\n");
  EXPECT_THAT(all, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(all, EndsWith("\r\n\r\n3e8\r\n" + body + "\r\n0\r\n\r\n"));
  EXPECT_EQ(all.find("Content-Length"), std::string::npos);
}

TEST(HttpServer, CompressesWhereBothWantIt) {
  const std::string body(100000, 'z');
  const auto server = serve([&](const Request&) {
    Reply reply = text_reply(body);
    reply.gzip = true;
    return reply;
  });
  Wire plain(*server);
  plain.get("/", "Connection: close\r\n");
  EXPECT_THAT(plain.rest(), EndsWith(body));
  Wire packed(*server);
  packed.get("/", "Accept-Encoding: deflate, gzip\r\nConnection: close\r\n");
  const std::string answer = packed.rest();
  EXPECT_THAT(answer, HasSubstr("Content-Encoding: gzip\r\n"));
  std::string inside = answer.substr(answer.find("\r\n\r\n") + 4);
  std::string unpacked(body.size() + 1, '\0');
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(inside.data());
  stream.avail_in = static_cast<uInt>(inside.size());
  stream.next_out = reinterpret_cast<Bytef*>(unpacked.data());
  stream.avail_out = static_cast<uInt>(unpacked.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  unpacked.resize(stream.total_out);
  EXPECT_EQ(unpacked, body);
}

TEST(HttpServer, TellsTheDateThatItIsToldTo) {
  const auto handler = [](const Request& request) {
    Reply reply = text_reply(".");
    if (request.path() == "/own") reply.headers.push_back({"Date", "yesterday"});
    return reply;
  };
  const auto server = serve(handler);
  server->set_clock_offset(-24h * 365);
  const auto date_of = [](Wire& wire, const std::string& target) {
    wire.get(target);
    const std::string answer = wire.until(".");
    const auto at = answer.find("Date: ");
    return at == std::string::npos ? "" : answer.substr(at + 6, answer.find('\r', at) - at - 6);
  };
  Wire wire(*server);
  const auto date = parse_http_date(date_of(wire, "/"));
  ASSERT_TRUE(date);
  const auto ago = std::chrono::system_clock::now() - *date;
  EXPECT_GE(ago, 24h * 365);
  EXPECT_LT(ago, 24h * 365 + 1min);
  EXPECT_EQ(date_of(wire, "/own"), "yesterday");

  const auto silent = serve(handler, {.date = false});
  Wire other(*silent);
  EXPECT_EQ(date_of(other, "/"), "");
}

TEST(HttpServer, RefusesGarbageByClosing) {
  const auto server = serve([](const Request&) { return text_reply("."); });
  for (const char* garbage :
       {"hello\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n"}) {
    Wire wire(*server);
    wire.send(garbage);
    EXPECT_EQ(wire.rest(), "") << garbage;
  }
}

TEST(HttpServer, SaysWhereItCannotListen) {
  const auto server = serve([](const Request&) { return text_reply("."); });
  const auto second = HttpServer::listen({.port = server->port()}, nullptr);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(server->port())));
}

TEST(HttpServer, ManyThreadsServeManyConnections) {
  const auto server = serve(
      [](const Request& request) { return text_reply(std::string(request.path()) + "."); }, {.threads = 3});
  std::vector<std::thread> clients;
  for (int client = 0; client < 8; ++client) {
    clients.emplace_back([&, client] {
      Wire wire(*server);
      for (int i = 0; i < 200; ++i) {
        const std::string target = "/" + std::to_string(client) + "-" + std::to_string(i);
        wire.get(target);
        EXPECT_THAT(wire.until("."), EndsWith("\n" + target + "."));
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(server->connections(), 8U);
}

}  // namespace
}  // namespace auditstream::test
