// Endor Labs' own rules that no transcript shows: the exchange of key and secret for a token, which
// collections a window lies in, and what is meant by a namespace that is an address.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vendor_apis/given.h"
#include "vendor_apis/registry.h"

namespace auditstream::vendor_apis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Vendor& endor() { return *find_vendor("endorlabs"); }
const Source& acme() {
  static const Source source = any_source(endor());
  return source;
}
Time at(const char* text) { return *parse_rfc3339(text); }
const Time present = at("2026-11-20T12:00:00Z");

std::variant<Token, Refusal> exchanged(int status, const std::string& body) {
  return endor().read_token(acme(), given_response(status, body), present);
}

Time expiry(const std::string& body) {
  const auto token = exchanged(200, body);
  if (const auto* refusal = std::get_if<Refusal>(&token)) {
    ADD_FAILURE() << refusal->message;
    return {};
  }
  return std::get<Token>(token).expires;
}

TEST(EndorLabsToken, IsAskedForWithKeyAndSecret) {
  const Secrets secrets{{"api_key", Secret("K\"1")}, {"api_secret", Secret("S\\2")}};
  const http::Request request = endor().token_request(acme(), secrets);
  EXPECT_EQ(request.method, http::Method::post);
  EXPECT_EQ(request.url, "https://api.endorlabs.com/v1/auth/api-key");
  EXPECT_EQ(request.body, R"({"key":"K\"1","secret":"S\\2"})");
  EXPECT_EQ(request.headers.at(0).value, "application/json");
}

TEST(EndorLabsToken, TellsItsEndInEverySpelling) {
  const Time end = at("2026-11-20T15:30:00.5Z");
  EXPECT_EQ(expiry(R"({"token":"T","expiration_time":"2026-11-20T15:30:00.5Z"})"), end);
  EXPECT_EQ(expiry(R"({"token":"T","expirationTime":"2026-11-20T15:30:00.500000000Z","user":{}})"), end);
  EXPECT_EQ(expiry(R"({"token":"T","ttl":7200})"), present + 2h);
  EXPECT_EQ(expiry(R"({"token":"T","ttl":"7200s"})"), present + 2h);
}

TEST(EndorLabsToken, TellsItsEndItselfOrLastsFourHours) {
  // {"sub":"???>","exp":1795186800}, and the same with an exp that is no number.
  EXPECT_EQ(expiry(R"({"token":"e30.eyJzdWIiOiI_Pz8-IiwiZXhwIjoxNzk1MTg2ODAwfQ.c2ln"})"),
            at("2026-11-20T15:00:00Z"));
  EXPECT_EQ(expiry(R"({"token":"e30.eyJleHAiOiJzb29uIn0.c2ln"})"), present + 4h);
  for (const char* body : {R"({"token":"T"})", R"({"token":"a.b"})", R"({"token":"T","ttl":0})",
                           R"({"token":"T","ttl":-5,"expiration_time":"soon"})",
                           R"({"token":"T","ttl":1e300})", R"({"token":"T","ttl":99999999999999999999})"}) {
    EXPECT_EQ(expiry(body), present + 4h) << body;
  }
}

TEST(EndorLabsToken, RefusedMeansTheKeyIsBad) {
  for (const auto& [status, body] : {std::pair{401, R"({"code":16,"message":"invalid credentials"})"},
                                     std::pair{403, R"({"code":7,"message":"invalid credentials"})"},
                                     std::pair{403, R"({"error":"invalid credentials"})"}}) {
    const auto answer = exchanged(status, body);
    const Refusal& refusal = std::get<Refusal>(answer);
    EXPECT_EQ(refusal.kind, RefusalKind::unauthorized) << body;
    EXPECT_THAT(refusal.message, HasSubstr("invalid credentials"));
    for (const char* word : {"api_key", "api_secret", "30 to 90 days", "generate a new one"}) {
      EXPECT_THAT(refusal.remedy, HasSubstr(word));
    }
  }
}

TEST(EndorLabsToken, SurvivesTroubleOnTheWay) {
  const auto kind = [](int status, const std::string& body) {
    const auto answer = exchanged(status, body);
    return std::get<Refusal>(answer).kind;
  };
  EXPECT_EQ(kind(403, "<html>Blocked</html>"), RefusalKind::transient);
  EXPECT_EQ(kind(503, ""), RefusalKind::transient);
  EXPECT_EQ(kind(429, ""), RefusalKind::throttled);
  EXPECT_EQ(kind(200, "<html></html>"), RefusalKind::malformed);
  EXPECT_EQ(kind(200, R"({"token":""})"), RefusalKind::malformed);
  EXPECT_EQ(kind(200, R"({"token":"T\r\nX-Evil: 1"})"), RefusalKind::malformed);
  EXPECT_EQ(kind(200, R"({"token":"T")"), RefusalKind::malformed);
}

TEST(EndorLabsToken, IsToldToNobodyUnderAnyName) {
  const auto answer = exchanged(200, R"({"jwt":"SHORT"})");
  EXPECT_THAT(std::get<Refusal>(answer).message, Not(HasSubstr("SHORT")));
}

// The collections that are asked, in order, for a window whose bounds lie that many days back.
std::vector<std::string> collections(Duration from, std::optional<Duration> to) {
  PageRequest ask;
  ask.from = present - from;
  if (to) ask.to = present - *to;
  ask.page_size = 100;
  ask.now = ask.latest = present;
  std::vector<std::string> asked;
  do {
    const std::string url = endor().request(acme(), {}, given_token(endor()), ask).url;
    asked.push_back(url.find("/audit-logs/archived?") == url.npos ? "active" : "archived");
    const Answer answer = endor().read(acme(), ask, given_response(200, R"({"list":{"objects":[]}})"));
    ask.token = std::get<Page>(answer).next;
  } while (!ask.token.empty() && asked.size() < 5);
  return asked;
}

TEST(EndorLabs, AsksTheCollectionsThatAWindowMayLieIn) {
  constexpr Duration day = 24h;
  EXPECT_THAT(collections(1 * day, {}), ElementsAre("active"));
  EXPECT_THAT(collections(27 * day, 26 * day), ElementsAre("active"));
  EXPECT_THAT(collections(29 * day, 28 * day), ElementsAre("active", "archived"));
  EXPECT_THAT(collections(31 * day, 29 * day), ElementsAre("active", "archived"));
  EXPECT_THAT(collections(32 * day, 31 * day), ElementsAre("active", "archived"));
  EXPECT_THAT(collections(400 * day, {}), ElementsAre("active", "archived"));
  EXPECT_THAT(collections(40 * day, 33 * day), ElementsAre("archived"));
}

TEST(EndorLabs, TellsTheNamespaceThatIsMeant) {
  const auto told = [](const char* name) {
    const auto mistakes = endor().mistakes(given_source(endor(), {{"namespace", name}}));
    return mistakes.empty() ? "" : mistakes[0].first + ": " + mistakes[0].second;
  };
  EXPECT_EQ(told("acme"), "");
  EXPECT_EQ(told("acme.child"), "");
  for (const char* name :
       {"acme.endorlabs.com", "https://acme.endorlabs.com", "https://acme.endorlabs.com/t/x?y"}) {
    EXPECT_THAT(told(name), HasSubstr("namespace: \"" + std::string(name) + "\"")) << name;
    EXPECT_THAT(told(name), testing::EndsWith("use acme")) << name;
  }
  for (const char* name : {"https://app.endorlabs.com/", "https://acme", "acme/child", "acme corp"}) {
    EXPECT_THAT(told(name), HasSubstr("bare name")) << name;
  }
}

TEST(EndorLabs, GivesTheVendorLessTimeThanTheExchange) {
  const http::Request request = endor().request(acme(), {}, given_token(endor()), any_ask(endor()));
  for (const http::Header& header : request.headers) {
    if (header.name != "Request-Timeout") continue;
    EXPECT_GT(request.timeout, std::chrono::seconds(std::stoi(header.value)));
    return;
  }
  FAIL() << "no Request-Timeout";
}

}  // namespace
}  // namespace auditstream::vendor_apis
