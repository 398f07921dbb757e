// A vendor whose address changes is followed, whether its old address dies or not.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <memory>

#include "http/exchange.h"
#include "http/resolver.h"
#include "http/scripted_server.h"
#include "support/until.h"

namespace {

std::atomic<int> user_timeout_ms = 0;  // what the last TCP_USER_TIMEOUT of this program was set to

}  // namespace

// Stands before the C library's for this program, libcurl included.
extern "C" int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept {
  if (level == IPPROTO_TCP && name == TCP_USER_TIMEOUT) user_timeout_ms = *static_cast<const int*>(value);
  using Function = int (*)(int, int, int, const void*, socklen_t);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "setsockopt"));
  return real(fd, level, name, value, size);
}

namespace auditstream::http {
namespace {

using test::until;

const char* const name = "moving.invalid";

std::unique_ptr<ScriptedServer> server_at(const std::string& address, int port = 0) {
  return std::make_unique<ScriptedServer>(
      [address](Peer& peer, const std::string&) { return peer.write(ok(address)); }, address, port);
}

TEST(Moving, AnAddressThatDiedIsAskedForAgainAfterOneFailure) {
  Resolver::instance().set(name, "127.0.0.2");
  auto before = server_at("127.0.0.2");
  const auto after = server_at("127.0.0.3", before->port());
  const Request request = get("http://" + std::string(name) + ":" + std::to_string(before->port()) + "/");
  CurlClient client({}, "auditstream/test");
  ASSERT_EQ(*fetch(client, request).body, "127.0.0.2");
  Resolver::instance().set(name, "127.0.0.3");
  before.reset();
  EXPECT_EQ(fetch(client, request).transport, Transport::connect) << "what is known is tried first";
  EXPECT_EQ(*fetch(client, request).body, "127.0.0.3");
  EXPECT_EQ(Resolver::instance().asked_for(name), 1) << "and is kept again";
}

TEST(Moving, AnAddressThatStillAnswersIsLeftWhenItsTimeIsUp) {
  Resolver::instance().set(name, "127.0.0.2");
  const auto before = server_at("127.0.0.2");
  const auto after = server_at("127.0.0.3", before->port());
  const Request request = get("http://" + std::string(name) + ":" + std::to_string(before->port()) + "/");
  CurlClient client({.lifetime_max = 1s, .address_lifetime = 1s}, "auditstream/test");
  ASSERT_EQ(*fetch(client, request).body, "127.0.0.2");
  Resolver::instance().set(name, "127.0.0.3");
  // The connection is never idle, so nothing but its age ends it.
  until("the name is followed", 30s, [&] { return *fetch(client, request).body == "127.0.0.3"; });
  EXPECT_EQ(before->connections(), 1);
}

// An address that vanishes without a word: the kernel ends the connection, before HTTP/2 has sent one request
// after the other into it. To cut a real wire takes more rights than a test has.
TEST(Moving, APeerThatAcknowledgesNothingIsGivenUpByTheKernel) {
  const auto server = server_at("127.0.0.2");
  CurlClient client({}, "auditstream/test");
  user_timeout_ms = 0;
  ASSERT_EQ(fetch(client, get("http://127.0.0.2:" + std::to_string(server->port()) + "/")).status, 200);
  EXPECT_GT(user_timeout_ms, 0);
  EXPECT_LT(std::chrono::milliseconds(user_timeout_ms), Request{}.timeout);
}

TEST(Moving, WhatIsKeptIsKeptForMinutesOnly) {
  EXPECT_LE(CurlClient::Limits{}.lifetime_max, 5min);
  EXPECT_LE(CurlClient::Limits{}.address_lifetime, 60s);
}

}  // namespace
}  // namespace auditstream::http
