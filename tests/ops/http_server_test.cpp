// The HTTP server over real sockets: what it carries, what it refuses, and that nobody keeps it from
// answering others.
#include "run/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "run/clock.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// One connection of a client that does as it likes.
class Client {
 public:
  explicit Client(const HttpServer& server) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const std::string address = server.address();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("connect");
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False when the server has had enough.
  bool send(const std::string& bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // Sends nothing more.
  void end() { ::shutdown(socket_, SHUT_WR); }
  // All that comes until the server closes.
  std::string rest(std::chrono::milliseconds patience = 20s) {
    std::string all;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (true) {
      pollfd waited{socket_, POLLIN, 0};
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0 || ::poll(&waited, 1, static_cast<int>(left.count())) <= 0)
        throw std::runtime_error("the server neither answers nor closes");
      char bytes[4096];
      const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
      if (got <= 0) return all;
      all.append(bytes, static_cast<std::size_t>(got));
    }
  }
  std::string ask(const std::string& bytes) {
    send(bytes);
    return rest();
  }

 private:
  const int socket_;
};

std::unique_ptr<HttpServer> serve(HttpServer::Respond respond) {
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start("127.0.0.1:0", std::move(respond));
  if (!server.ok()) throw std::runtime_error(server.error().message);
  return *std::move(server);
}

// Answers with what it has understood.
ops::HttpResponse echo(const ops::HttpRequest& request, bool) {
  ops::HttpResponse response{200, request.method + " " + request.path, "text/plain"};
  for (const auto& [name, value] : request.query) response.body += " " + name + "=" + value;
  response.body += " [" + request.body + "]";
  if (request.headers.contains("x-mark")) response.body += " " + request.headers.at("x-mark");
  return response;
}

std::string get(const HttpServer& server, const std::string& target) {
  return Client(server).ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

TEST(HttpServer, CarriesRequestsAndAnswers) {
  const auto server = serve(echo);
  EXPECT_THAT(get(*server, "/a%20b?x=1&y=%2F"),
              AllOf(StartsWith("HTTP/1.1 200"), EndsWith("GET /a b x=1 y=/ []")));
  for (const char* method : {"PUT", "POST", "DELETE", "PATCH"}) {
    const std::string line = std::string(method) + " /p HTTP/1.1\r\nHost: localhost\r\nX-Mark: m\r\n";
    EXPECT_THAT(Client(*server).ask(line + "\r\n"), EndsWith(std::string(method) + " /p [] m"))
        << "without a body";
    EXPECT_THAT(Client(*server).ask(line + "Content-Length: 0\r\n\r\n"), EndsWith("/p [] m")) << method;
    EXPECT_THAT(Client(*server).ask(line + "Content-Length: 4\r\n\r\nbody"), EndsWith("/p [body] m"))
        << method;
  }
  EXPECT_THAT(Client(*server).ask("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "4\r\nbody\r\n0\r\n\r\n"),
              EndsWith("POST /p [body]"));
  const std::string head = Client(*server).ask("HEAD /p HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(head, AllOf(StartsWith("HTTP/1.1 200"), EndsWith("\r\n\r\n")));
}

TEST(HttpServer, ATakenPortIsAnErrorThatNamesTheSetting) {
  const auto server = serve(echo);
  const auto second = HttpServer::start(server->address(), echo);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message,
              AllOf(StartsWith("http.listen: can't listen at " + server->address()), HasSubstr("in use")));
  const auto nowhere = HttpServer::start("192.0.2.1:0", echo);
  ASSERT_FALSE(nowhere.ok());
}

TEST(HttpServer, KnowsWhatIsLoopback) {
  for (const char* listen : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"})
    EXPECT_TRUE(HttpServer::is_loopback(listen)) << listen;
  for (const char* listen : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "audit.example:1"})
    EXPECT_FALSE(HttpServer::is_loopback(listen)) << listen;
}

TEST(HttpServer, RefusesWhatIsTooMuch) {
  const auto server = serve(echo);
  EXPECT_THAT(get(*server, "/" + std::string(2000, 'a')), StartsWith("HTTP/1.1 414"));
  EXPECT_THAT(get(*server, "/" + std::string(20'000, 'a')), StartsWith("HTTP/1.1 4"));
  const std::string post = "POST /p HTTP/1.1\r\nHost: localhost\r\n";
  const std::string large(HttpServer::body_bytes_max + 1, 'b');
  EXPECT_THAT(
      Client(*server).ask(post + "Content-Length: " + std::to_string(large.size()) + "\r\n\r\n" + large),
      AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("\"error_code\":413")));
  EXPECT_THAT(Client(*server).ask("GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n"),
              AnyOf(StartsWith("HTTP/1.1 4"), IsEmpty()));
  Client endless(*server);
  endless.send("GET / HTTP/1.1\r\n");
  std::size_t sent = 0;
  const std::string header = "X: " + std::string(1000, 'x') + "\r\n";
  while (endless.send(header) && sent < 100 * HttpServer::request_bytes_max) sent += header.size();
  EXPECT_LT(sent, 20 * HttpServer::request_bytes_max);
  EXPECT_THAT(get(*server, "/still"), EndsWith("GET /still []"));
}

TEST(HttpServer, SurvivesGarbage) {
  const auto server = serve(echo);
  for (const char* bytes :
       {"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "FOO / HTTP/1.1\r\n\r\n",
        "GET /\xff\xfe HTTP/1.1\r\n\r\n", "GET /% HTTP/1.1\r\n\r\n", "GET /%zz%00 HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nContent-Type: multipart/form-data\r\nContent-Length: 1\r\n\r\nx"}) {
    Client client(*server);
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
    Client client(*server);
    client.send(bytes);  // and leaves
  }
  EXPECT_THAT(get(*server, "/still"), EndsWith("GET /still []"));
}

TEST(HttpServer, AnExceptionIsAnAnswer) {
  const auto server =
      serve([](const ops::HttpRequest&, bool) -> ops::HttpResponse { throw std::runtime_error("x"); });
  EXPECT_THAT(get(*server, "/"), AllOf(StartsWith("HTTP/1.1 500"), HasSubstr("\"error_code\":500")));
}

// All threads are held by clients that send a byte now and then; somebody is still told that we live.
TEST(HttpServer, SlowClientsKeepNobodyFromAnAnswer) {
  const auto server = serve([](const ops::HttpRequest&, bool crowded) {
    return ops::HttpResponse{200, crowded ? "crowded" : "free"};
  });
  EXPECT_THAT(get(*server, "/livez"), EndsWith("free"));
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 4 * HttpServer::threads_max; ++i) {
    slow.push_back(std::make_unique<Client>(*server));
    slow.back()->send("GET / HTTP/1.1\r\nX: ");
  }
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(get(*server, "/livez"), EndsWith("crowded"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, HttpServer::request_deadline * 2);
  // A byte now and then buys no time beyond the deadline.
  until("the server has had enough of them",
        2 * std::chrono::duration_cast<std::chrono::milliseconds>(HttpServer::request_deadline), [&] {
          for (const auto& client : slow) client->send("x");
          return get(*server, "/livez").ends_with("free");
        });
}

TEST(HttpServer, EndsAlthoughClientsAreConnected) {
  auto server = serve(echo);
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 3; ++i) {
    idle.push_back(std::make_unique<Client>(*server));
    idle.back()->send("GET / HTTP/1.1\r\n");
  }
  const auto began = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

}  // namespace
}  // namespace auditstream::test
