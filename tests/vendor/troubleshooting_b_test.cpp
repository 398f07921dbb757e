// Every row of the troubleshooting sections of FloQast's, CaptivateIQ's and Endor Labs' product pages: what
// causes it, and the words that the operator must then read: the setting to change and what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "vendor/given.h"

namespace auditstream {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string text_of(const Refusal& refusal) {
  return std::string(to_string(refusal.kind)) + " | " + refusal.message + " | " + refusal.remedy;
}

std::string refused(const char* name, const http::Response& response) {
  const Vendor& vendor = *find_vendor(name);
  const Answer answer = vendor.read(any_source(vendor), any_ask(vendor), response);
  const Refusal* refusal = std::get_if<Refusal>(&answer);
  return refusal == nullptr ? "(not refused)" : text_of(*refusal);
}

std::string token_refused(int status, const char* body) {
  const Vendor& vendor = *find_vendor("endorlabs");
  const auto answer = vendor.read_token(any_source(vendor), given_response(status, body), Time{});
  const Refusal* refusal = std::get_if<Refusal>(&answer);
  return refusal == nullptr ? "(not refused)" : text_of(*refusal);
}

std::string mistaken(const char* name, const Settings& settings) {
  const Vendor& vendor = *find_vendor(name);
  std::string text;
  for (const auto& [setting, message] : vendor.mistakes(given_source(vendor, settings)))
    text += setting + ": " + message;
  return text;
}

std::string hinted(const char* name) {
  const Vendor& vendor = *find_vendor(name);
  std::string text;
  for (const std::string& hint : vendor.empty_hints(any_source(vendor))) text += hint + "\n";
  return text;
}

// What the config says of a value that is none of the choices is made of the setting's name and these.
std::string choices(const char* name, const char* setting) {
  std::string text;
  for (const Setting& known : find_vendor(name)->settings()) {
    if (known.name != setting) continue;
    text += known.name + (known.required ? " (required):" : ":");
    for (const std::string& choice : known.choices) text += " " + choice;
  }
  return text;
}

std::string backfill(const char* text) {
  const Result<Time> time = parse_rfc3339(text);
  return time.ok() ? "(accepted)" : time.error().message;
}

struct Row {
  const char* row;  // as the product page titles it
  std::function<std::string()> told;
  std::vector<const char*> words;
};

const std::vector<Row> kRows = {
    {"FloQast: Authentication Failures (401 Unauthorized)",
     [] { return refused("floqast", given_response(401, R"({"message":"Unauthorized"})")); },
     {"unauthorized", "401", "api_key", "leading or trailing whitespace", "expired", "revoked",
      "generate a new one", "Settings > API Keys"}},
    {"FloQast: Requirements, a user with permission to manage API keys",
     [] { return refused("floqast", given_response(403, R"({"message":"Forbidden"})")); },
     {"forbidden", "403", "api_key", "permission", "Settings > API Keys"}},
    {"FloQast: Wrong Region Selected, empty results",
     [] { return hinted("floqast"); },
     {"region", "\"us\"", "us, eu or au", "administrator", "no region shows another's data"}},
    {"FloQast: Wrong Region Selected, connection errors",
     [] { return refused("floqast", given_failure(http::Transport::dns, "Could not resolve host")); },
     {"transient", "no address", "Could not resolve host", "region", "us, eu or au", "administrator"}},
    {"FloQast: Wrong Region Selected, a region there is not",
     [] { return choices("floqast", "region"); },
     {"region (required): us eu au"}},
    {"FloQast: No Data Appearing",
     [] { return hinted("floqast"); },
     {"API key activity", "backfill_start_time", "further back than FloQast keeps", "FloQast support",
      "available"}},
    {"FloQast: Invalid Backfill Start Time, another format",
     [] { return backfill("01/01/2024"); },
     {"RFC3339", "2024-01-01T00:00:00Z"}},
    {"FloQast: Invalid Backfill Start Time, no timezone designator",
     [] { return backfill("2024-01-01T00:00:00"); },
     {"RFC3339", "zone", "Z", "+05:00"}},
    {"FloQast: Rate Limits",
     [] { return refused("floqast", given_response(429, "")); },
     {"throttled", "429", "rate_limit", "poll_interval", "publishes no limit", "support"}},

    {"CaptivateIQ: Authentication Errors",
     [] { return refused("captivateiq", given_response(401, R"({"detail":"Invalid API Token"})")); },
     {"unauthorized", "Invalid API Token", "api_token", "copied completely", "extra spaces", "expired",
      "create a new one", "API access is enabled"}},
    {"CaptivateIQ: Rate Limit Errors",
     [] { return refused("captivateiq", given_response(429, R"({"detail":"Too Many Requests"})")); },
     {"throttled", "429 Too Many Requests", "backs off", "poll_interval", "CaptivateIQ support",
      "higher limits"}},
    {"CaptivateIQ: No Data Returned",
     [] { return hinted("captivateiq"); },
     {"backfill_start_time is before the first audit events", "audit logging is enabled", "activity",
      "api_token", "permissions"}},
    {"CaptivateIQ: No Data Returned, permissions",
     [] { return refused("captivateiq", given_response(403, R"({"detail":"no permission"})")); },
     {"forbidden", "403", "api_token", "permission", "audit logs"}},
    {"CaptivateIQ: Connection Issues, Connection timeout",
     [] { return refused("captivateiq", given_failure(http::Transport::timeout, "Connection timed out")); },
     {"transient", "no answer in time", "API is down", "base_url", "proxy"}},
    {"CaptivateIQ: Connection Issues, Unable to reach API",
     [] { return refused("captivateiq", given_failure(http::Transport::connect, "Connection refused")); },
     {"transient", "no connection", "API is down", "base_url", "proxy"}},

    {"Endor Labs: Authentication Failures, key and secret",
     [] { return token_refused(401, R"({"code":16,"message":"invalid credentials"})"); },
     {"unauthorized", "invalid credentials", "api_key", "api_secret", "not expired", "30 to 90 days",
      "generate a new one"}},
    {"Endor Labs: Authentication Failures, in the middle",
     [] { return refused("endorlabs", given_response(401, R"({"code":16,"message":"token expired"})")); },
     {"unauthorized", "token expired", "api_key", "api_secret", "namespace"}},
    {"Endor Labs: Authentication Failures, permissions",
     [] {
       return refused("endorlabs", given_response(403, R"({"code":7,"message":"Unauthorized request"})"));
     },
     {"forbidden", "Unauthorized request", "api_key", "permission to read audit logs", "namespace"}},
    {"Endor Labs: Authentication Failures, namespace",
     [] { return refused("endorlabs", given_response(404, R"({"code":5,"message":"no such namespace"})")); },
     {"not_found", "no such namespace", "Check namespace", "acme"}},
    {"Endor Labs: Find Your Organization Namespace",
     [] {
       return mistaken("endorlabs", {{"namespace", "your-org.endorlabs.com"}});
     },
     {"namespace: ", "your-org.endorlabs.com", "use your-org"}},
    {"Endor Labs: Rate Limiting",
     [] { return refused("endorlabs", given_response(429, R"({"code":8,"message":"slow down"})")); },
     {"throttled", "429", "backs off", "other applications that use the same api_key", "rate_limit"}},
    {"Endor Labs: Missing Events",
     [] { return hinted("endorlabs"); },
     {"api_key may read audit logs", "namespace \"acme\"", "backfill_start_time", "three years", "traverse"}},
};

TEST(ProductPage, EachRowNamesTheFieldAndTheRemedy) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.row);
    const std::string told = row.told();
    for (const char* word : row.words) EXPECT_THAT(told, HasSubstr(word));
  }
}

// In the order of the product pages' causes: an empty log looks the same whichever it is.
TEST(ProductPage, AnEmptyLogIsExplainedCauseByCause) {
  for (const char* name : {"floqast", "captivateiq", "endorlabs"}) {
    const Vendor& vendor = *find_vendor(name);
    const std::vector<std::string> hints = vendor.empty_hints(any_source(vendor));
    const std::vector<std::string> causes{
        "region: ", "retention: ", "filters: ", "permissions: ", "environment: "};
    ASSERT_EQ(hints.size(), causes.size()) << name;
    for (std::size_t i = 0; i < causes.size(); ++i) EXPECT_THAT(hints[i], StartsWith(causes[i])) << name;
  }
}

}  // namespace
}  // namespace auditstream
