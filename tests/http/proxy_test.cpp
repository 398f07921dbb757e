// Which proxy is asked, by whose word, and what is said when it refuses. Targets are names that only a proxy
// could know.
#include <gmock/gmock.h>

#include <cstdlib>

#include "http/exchange.h"
#include "http/scripted_server.h"

namespace auditstream::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// Every test starts and ends without proxy variables.
class Proxy : public testing::Test {
 protected:
  Proxy() { clear(); }
  ~Proxy() override { clear(); }

  static void clear() {
    for (const char* name :
         {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
      unsetenv(name);
    }
  }

  Request through(std::string url, const std::string& proxy) {
    Request request = get(std::move(url));
    request.route = std::make_shared<const Route>(Route{.ca_file = "", .proxy = proxy});
    return request;
  }

  ScriptedServer proxy_{[](Peer& peer, const std::string& request) {
    return peer.write(request.starts_with("CONNECT") ? "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
                                                     : ok("from the proxy"));
  }};
  CurlClient client_{{}, "auditstream/test"};
};

TEST_F(Proxy, OfTheRoute) {
  EXPECT_EQ(*fetch(client_, through("http://vendor.invalid/log?a=1", proxy_.url(""))).body, "from the proxy");
  EXPECT_THAT(proxy_.requests(), ElementsAre(StartsWith("GET http://vendor.invalid/log?a=1 HTTP/1.1\r\n")));
}

TEST_F(Proxy, OfTheEnvironment) {
  setenv("http_proxy", proxy_.url("").c_str(), 1);
  EXPECT_EQ(*fetch(client_, get("http://vendor.invalid/log")).body, "from the proxy");
}

TEST_F(Proxy, NoProxyOfTheEnvironmentExempts) {
  setenv("http_proxy", proxy_.url("").c_str(), 1);
  setenv("NO_PROXY", "other.invalid,.vendor.invalid", 1);
  EXPECT_EQ(fetch(client_, get("http://api.vendor.invalid/")).transport, Transport::dns);
  EXPECT_THAT(proxy_.requests(), IsEmpty());
}

TEST_F(Proxy, TheRouteCountsMoreThanTheEnvironment) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("NO_PROXY", "*", 1);
  EXPECT_EQ(*fetch(client_, through("http://vendor.invalid/", proxy_.url(""))).body, "from the proxy");
}

TEST_F(Proxy, NeverForLoopback) {
  ScriptedServer server([](Peer& peer, const std::string&) { return peer.write(ok("direct")); });
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy"}) setenv(name, proxy_.url("").c_str(), 1);
  const std::string port = ":" + std::to_string(server.port()) + "/";
  for (const char* host : {"127.0.0.1", "localhost", "LOCALHOST", "api.localhost", "127.1"}) {
    EXPECT_EQ(*fetch(client_, get("http://" + std::string(host) + port)).body, "direct") << host;
    EXPECT_EQ(*fetch(client_, through("http://" + std::string(host) + port, proxy_.url(""))).body, "direct")
        << host;
  }
  EXPECT_EQ(fetch(client_, get("http://[::1]" + port)).transport, Transport::connect);
  EXPECT_THAT(proxy_.requests(), IsEmpty());
}

TEST_F(Proxy, ThatRefusesATunnel) {
  setenv("HTTPS_PROXY", proxy_.url("").c_str(), 1);
  Request request = get("https://vendor.invalid/log");
  request.headers = {{"Authorization", "Token secret"}};
  const Response response = fetch(client_, request);
  EXPECT_EQ(response.transport, Transport::proxy);
  EXPECT_THAT(response.transport_detail, HasSubstr("403"));
  EXPECT_THAT(proxy_.requests(), ElementsAre(StartsWith("CONNECT vendor.invalid:443 HTTP/1.1\r\n")));
  EXPECT_THAT(proxy_.requests().at(0), Not(HasSubstr("secret")));  // that is for the vendor alone
}

TEST_F(Proxy, ThatHangsUpOnATunnel) {
  ScriptedServer rude([](Peer&, const std::string&) { return false; });
  EXPECT_EQ(fetch(client_, through("https://vendor.invalid/", rude.url(""))).transport, Transport::proxy);
}

TEST_F(Proxy, ThatIsNotThere) {
  const Response closed =
      fetch(client_, through("https://vendor.invalid/", "http://user:secret@127.0.0.1:1"));
  EXPECT_EQ(closed.transport, Transport::proxy) << closed.transport_detail;
  EXPECT_THAT(closed.transport_detail, Not(HasSubstr("secret")));
  EXPECT_EQ(fetch(client_, through("https://vendor.invalid/", "http://proxy.invalid:3128")).transport,
            Transport::proxy);
}

// curl takes what stands behind the first "@", or before the first "#", for the host and tells so.
TEST_F(Proxy, APasswordWithRawCharactersGivesNothingAway) {
  for (const std::string bad : {"http://user:5ec#ret@127.0.0.1:1", "http://user:5@secret@127.0.0.1:1",
                                "http://user:5/secret@127.0.0.1:1", "http://user:5?secret@127.0.0.1:1",
                                "http://secret#5:ret@127.0.0.1:1", "http://a@secret.invalid@127.0.0.1:1"}) {
    for (const bool configured : {true, false}) {
      clear();
      if (!configured) setenv("https_proxy", bad.c_str(), 1);
      const Response response =
          fetch(client_, through("https://vendor.invalid/", configured ? bad : std::string{}));
      EXPECT_EQ(response.transport, Transport::proxy) << bad << ": " << response.transport_detail;
      EXPECT_NE(response.transport_detail, "");
      for (const char* part : {"user", "5ec", "secret", "ret@", " 5 "}) {
        EXPECT_THAT(response.transport_detail, Not(HasSubstr(part))) << bad;
      }
    }
  }
}

TEST_F(Proxy, ASettingThatIsNoProxyGivesNothingAway) {
  for (const char* bad :
       {"nonsense://user:secret@127.0.0.1", "http://user:secret@[", "http://user:secret@host:port"}) {
    const Response response = fetch(client_, through("https://vendor.invalid/", bad));
    EXPECT_EQ(response.transport, Transport::proxy) << response.transport_detail;
    EXPECT_THAT(response.transport_detail, Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace auditstream::http
