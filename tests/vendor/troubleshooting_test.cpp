// Every row of the troubleshooting sections of Tines' and Workato's product pages: what causes it, and the
// words that the operator must then read: the setting to change and what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "vendor/given.h"

namespace auditstream {
namespace {

using ::testing::HasSubstr;

const Vendor& vendor_of(const char* name) {
  const Vendor* vendor = find_vendor(name);
  EXPECT_NE(vendor, nullptr) << name;
  return *vendor;
}

std::string refused(const char* name, const http::Response& response) {
  const Vendor& vendor = vendor_of(name);
  const Answer answer = vendor.read(any_source(vendor), any_ask(vendor), response);
  const Refusal* refusal = std::get_if<Refusal>(&answer);
  return refusal == nullptr
             ? "(not refused)"
             : std::string(to_string(refusal->kind)) + " " + refusal->message + " " + refusal->remedy;
}

std::string mistaken(const char* name, const Settings& settings) {
  const Vendor& vendor = vendor_of(name);
  std::string text;
  for (const auto& [setting, message] : vendor.mistakes(given_source(vendor, settings)))
    text += setting + ": " + message;
  return text;
}

std::string hinted(const char* name, const Settings& settings) {
  const Vendor& vendor = vendor_of(name);
  std::string text;
  for (const std::string& hint : vendor.empty_hints(given_source(vendor, settings))) text += hint + "\n";
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

const std::string kJson = R"({"error":"no"})";
const Settings kTenant{{"tenant_domain", "acme.tines.com"}};

const std::vector<Row> kRows = {
    {"Tines: Authentication Failures (401)",
     [] { return refused("tines", given_response(401, kJson)); },
     {"unauthorized", "401", "api_key", "expired or revoked", "create a new key"}},
    {"Tines: Permission Denied (403)",
     [] { return refused("tines", given_response(403, kJson)); },
     {"forbidden", "403", "api_key", "AUDIT_LOG_READ", "tenant owner", "administrator"}},
    {"Tines: Tenant Not Found (404)",
     [] { return refused("tines", given_response(404, kJson)); },
     {"not_found", "404", "tenant_domain", "company.tines.com", "without https://", "slash"}},
    {"Tines: Tenant Not Found, a typo that has no address",
     [] { return refused("tines", given_failure(http::Transport::dns, "Could not resolve host")); },
     {"transient", "no address", "Could not resolve host", "tenant_domain"}},
    {"Tines: Invalid Tenant Domain Format",
     [] {
       return mistaken("tines", {{"tenant_domain", "company"}});
     },
     {"tenant_domain", "must be a valid domain", "company.tines.com", "company.tines.io"}},
    {"Tines: Rate Limit Exceeded (429)",
     [] { return refused("tines", given_response(429, kJson)); },
     {"throttled", "429", "1,000 requests a minute", "api_key of its own", "asked again"}},
    {"Tines: No Data Appearing",
     [] { return hinted("tines", kTenant); },
     {"time range", "backfill_start_time", "two years", "disabled", "support"}},
    {"Tines: No Data Appearing, filters",
     [] {
       return hinted("tines", {{"tenant_domain", "acme.tines.com"}, {"user_ids", "7642"}});
     },
     {"user_ids and operation_names", "narrow"}},
    {"Tines: Missing Recent Events", [] { return hinted("tines", kTenant); }, {"a few minutes", "caught up"}},
    {"Tines: Invalid Backfill Start Time, no zone",
     [] { return backfill("2024-01-01T00:00:00"); },
     {"RFC3339", "2024-01-01T00:00:00Z", "time zone", "+05:00"}},
    {"Tines: Invalid Backfill Start Time, a bare date",
     [] { return backfill("2024-01-01"); },
     {"RFC3339", "2024-01-01T00:00:00Z", "no time of day"}},
    {"Tines: Invalid Backfill Start Time, no such day",
     [] { return backfill("2024-02-30T00:00:00Z"); },
     {"RFC3339", "does not exist"}},

    {"Workato: Authentication Failed (401)",
     [] { return refused("workato", given_response(401, kJson)); },
     {"unauthorized", "401", "api_token", "expired", "workspace", "environment"}},
    {"Workato: Authentication Failed (403)",
     [] { return refused("workato", given_response(403, kJson)); },
     {"forbidden", "403", "api_token", "role", "GET /api/activity_logs", "environment"}},
    {"Workato: No Data Returned",
     [] { return hinted("workato", {}); },
     {"backfill_start_time", "plan", "base_url", "region", "https://www.workato.com", "enabled", "time range",
      "environment"}},
    {"Workato: Rate Limit Exceeded (429)",
     [] { return refused("workato", given_response(429, kJson)); },
     {"throttled", "429", "60 requests a minute", "other applications", "asked again"}},
    {"Workato: Invalid Base URL, no address",
     [] { return refused("workato", given_failure(http::Transport::dns, "Could not resolve host")); },
     {"transient", "no address", "base_url", "region", "https://", "trailing slash",
      "https://app.eu.workato.com"}},
    {"Workato: Invalid Base URL, time-out",
     [] { return refused("workato", given_failure(http::Transport::timeout, "Connection timed out")); },
     {"transient", "no answer in time", "base_url", "region"}},
    {"Workato: Invalid Base URL, a host that knows no such path",
     [] { return refused("workato", given_response(404, "")); },
     {"not_found", "base_url", "region", "without a path"}},
};

// The rows "Duplicate Events" of Tines and "the connector retries" of both need no words: they do not happen
// here, which the simulation proves.
TEST(Troubleshooting, EachRowNamesTheFieldAndTheRemedy) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.row);
    const std::string told = row.told();
    for (const char* word : row.words) EXPECT_THAT(told, HasSubstr(word));
  }
}

TEST(Troubleshooting, NoTwoRowsOfAVendorSayTheSame) {
  std::map<std::string, std::string> seen;
  for (const Row& row : kRows) {
    const std::string vendor = std::string(row.row).substr(0, std::string(row.row).find(':'));
    if (std::string(row.row).find("Missing Recent") != std::string::npos)
      continue;  // a hint beside the others
    EXPECT_TRUE(seen.emplace(vendor + row.told(), row.row).second) << row.row;
  }
}

TEST(Troubleshooting, AFirewallIsNotABadCredential) {
  for (const Vendor* vendor : vendors()) {
    for (const int status : {401, 403}) {
      const std::string told =
          refused(std::string(vendor->name()).c_str(), given_response(status, "<html>Blocked</html>"));
      EXPECT_THAT(told, HasSubstr("transient"));
      EXPECT_THAT(told, HasSubstr("a firewall's page, not the API's"));
    }
  }
}

}  // namespace
}  // namespace auditstream
