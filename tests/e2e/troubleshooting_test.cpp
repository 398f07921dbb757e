// The troubleshooting sections of five product pages, row by row: each trouble is brought about for real,
// and the words that the operator then needs - what happened, the setting to change, what to do - must be in
// what `check` prints of that source, in what `check --json` says of it, and in the log of `run`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "auditstream/time.h"
#include "base/url.h"
#include "e2e/world.h"
#include "paths.h"
#include "support/deaf_port.h"
#include "support/http_server.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What the vendor does; without it the settings say where nobody does anything.
using Answers = HttpServer::Handler;
const Answers nobody;

struct Row {
  std::string title;     // as on the page
  std::string source;    // its name: the vendor's, then the trouble
  std::string settings;  // beside what every source of the vendor has, as YAML
  Answers answers;
  std::vector<std::string> words;
};

// --- what vendors do

Answers says(int status, std::string body) {
  return [reply = json_reply(status, std::move(body))](const Request&) { return reply; };
}

Answers shows_a_web_page(int status) {
  Reply reply;
  reply.status = status;
  reply.headers = {{"Content-Type", "text/html"}};
  reply.body = std::make_shared<const std::string>("<html><body>Request blocked</body></html>");
  return [reply](const Request&) { return reply; };
}

// Endor Labs: key and secret are right, the rest is not.
Answers gives_a_token_and(Answers answers) {
  return [answers = std::move(answers)](const Request& request) {
    return request.method == "POST" ? json_reply(200, R"({"token":"t0ken"})") : answers(request);
  };
}

const Answers floqast_is_empty = says(200, R"({"data":[],"links":{"next":null}})");
const Answers captivateiq_is_empty = says(200, R"({"total_count":0,"next":null,"previous":null,"data":[]})");
const Answers endorlabs_is_empty = gives_a_token_and(says(200, R"({"list":{"objects":[]}})"));
const Answers tines_is_empty = says(200, R"({"audit_logs":[],"meta":{"next_page_number":null,"count":0}})");
const Answers workato_is_empty = says(200, R"({"data":[],"total":0})");

// --- the rows

// Far enough back for every vendor's retention, and read in no time where nothing limits the requests.
const std::string backfill = "backfill_start_time: 2019-01-01T00:00:00Z, rate_limit: 1000/s";

// `deaf` is an address where connecting times out.
std::vector<Row> rows_of_the_pages(const std::string& deaf) {
  std::vector<Row> rows{
      {"FloQast: Authentication Failures (401 Unauthorized)",
       "floqast-401",
       "",
       says(401, R"({"message":"Unauthorized"})"),
       {"answered 401 Unauthorized", "Check api_key", "leading or trailing whitespace",
        "neither expired nor revoked", "generate a new one", "Settings > API Keys"}},
      {"FloQast: Authentication Failures, copied with whitespace",
       "floqast-whitespace",
       R"(api_key: "${env:TROUBLED_KEY_AND_SPACE}")",
       says(401, R"({"message":"Unauthorized"})"),
       {".api_key: surrounding spaces or empty lines of the secret were removed"}},
      {"FloQast: Requirements, a user with permission to manage API keys",
       "floqast-403",
       "",
       says(403, R"({"message":"Forbidden"})"),
       {"answered 403 Forbidden", "key in api_key lacks a permission", "Settings > API Keys",
        "a user who may manage API keys"}},
      {"FloQast: Wrong Region Selected, empty results",
       "floqast-wrong-region",
       backfill + ", region: au",
       floqast_is_empty,
       {R"(region: "au" may not be where your FloQast organization is hosted)", "us, eu or au",
        "administrator knows", "no region shows another's data"}},
      {"FloQast: Wrong Region Selected, connection errors",
       "floqast-no-such-host",
       "base_url: https://fq-api.au.invalid",
       nobody,
       {"https://fq-api.au.invalid can't be read", "the host has no address",
        "Check that region is where your FloQast organization is hosted", "us, eu or au",
        "administrator knows"}},
      {"FloQast: No Data Appearing",
       "floqast-no-data",
       backfill,
       floqast_is_empty,
       {"API key activity only; verify that there was any in this time",
        "backfill_start_time may lie further back than FloQast keeps", "ask FloQast support",
        "available for your account"}},
      {"FloQast: Rate Limits",
       "floqast-429",
       "",
       says(429, "{}"),
       {"answered 429 Too Many Requests", "asked again after a pause", "lower rate_limit",
        "raise poll_interval", "publishes no limit", "its support knows"}},

      {"CaptivateIQ: Authentication Errors",
       "captivateiq-401",
       "",
       says(401, R"({"detail":"Invalid API Token"})"),
       {"answered 401 Unauthorized", "Invalid API Token", "Check api_token", "copied completely",
        "without extra spaces", "not expired", "create a new one", "API access is enabled"}},
      {"CaptivateIQ: Authentication Errors, in the words of a firewall",
       "captivateiq-firewall",
       "",
       shows_a_web_page(403),
       {"answered 403 with a firewall's page, not the API's", "Request blocked",
        "Let this machine's address through the firewall", "check base_url and proxy"}},
      {"CaptivateIQ: Authentication Errors, a login page",
       "captivateiq-login-page",
       "",
       shows_a_web_page(200),
       {"sent a page of HTML instead of JSON", "Check base_url and proxy"}},
      {"CaptivateIQ: Rate Limit Errors",
       "captivateiq-429",
       "",
       says(429, R"({"detail":"Throttled"})"),
       {"answered 429 Too Many Requests", "backs off by itself", "raise poll_interval", "lower rate_limit",
        "ask CaptivateIQ support for higher limits"}},
      {"CaptivateIQ: No Data Returned",
       "captivateiq-no-data",
       backfill,
       captivateiq_is_empty,
       {"verify that backfill_start_time is before the first audit events", "audit logging is enabled",
        "verify that your organization had activity in this time",
        "the owner of api_token may see the audit logs"}},
      {"CaptivateIQ: No Data Returned, permissions",
       "captivateiq-403",
       "",
       says(403, R"({"detail":"You do not have permission"})"),
       {"answered 403 Forbidden", "owner of api_token lacks a permission",
        "use the token of a user who may see the audit logs"}},
      {"CaptivateIQ: Connection Issues, Connection timeout",
       "captivateiq-timeout",
       "base_url: " + deaf,
       nobody,
       {"can't be read", "no answer in time", "Check whether CaptivateIQ's API is down",
        "then base_url, proxy and the network"}},
      {"CaptivateIQ: Connection Issues, Unable to reach API",
       "captivateiq-unreachable",
       "base_url: http://127.0.0.1:9",
       nobody,
       {"can't be read", "no connection", "Check whether CaptivateIQ's API is down",
        "then base_url, proxy and the network"}},
      {"CaptivateIQ: Connection Issues, API downtime",
       "captivateiq-503",
       "",
       says(503, "{}"),
       {"answered 503", "it is asked again", "look at the vendor's status page"}},

      {"Endor Labs: Authentication Failures, key and secret",
       "endorlabs-401",
       "",
       says(401, R"({"code":16,"message":"invalid credentials"})"),
       {"answered 401 Unauthorized", "invalid credentials", "Check api_key and api_secret", "not expired",
        "30 to 90 days", "generate a new one", "Access Control > API Keys"}},
      {"Endor Labs: Authentication Failures, a token that is refused",
       "endorlabs-401-later",
       "",
       gives_a_token_and(says(401, R"({"code":16,"message":"token expired"})")),
       {"answered 401 Unauthorized", "token expired", "Check api_key and api_secret",
        "Check that namespace is yours"}},
      {"Endor Labs: Authentication Failures, permissions",
       "endorlabs-403",
       "",
       gives_a_token_and(says(403, R"({"code":7,"message":"Unauthorized request"})")),
       {"answered 403 Forbidden", "Unauthorized request",
        "Give the key in api_key the permission to read audit logs", "check that it covers namespace"}},
      {"Endor Labs: Authentication Failures, namespace",
       "endorlabs-404",
       "namespace: acne",
       gives_a_token_and(says(404, R"({"code":5,"message":"no such namespace"})")),
       {"answered 404 Not Found", "no such namespace", "Check namespace: your organization's bare name",
        "such as acme"}},
      {"Endor Labs: Rate Limiting",
       "endorlabs-429",
       "",
       gives_a_token_and(says(429, R"({"code":8,"message":"slow down"})")),
       {"answered 429 Too Many Requests", "backs off by itself",
        "other applications that use the same api_key", "lower rate_limit or raise poll_interval"}},
      {"Endor Labs: Missing Events",
       "endorlabs-no-data",
       backfill,
       endorlabs_is_empty,
       {"verify that api_key may read audit logs", R"(check that namespace "acme" is the one of your)",
        "check that backfill_start_time is within what Endor Labs keeps, three years", "traverse: true",
        ".backfill_start_time: 2019-01-01T00:00:00Z is further back than Endor Labs is known to keep"}},

      {"Tines: 1. Authentication Failures (401 Unauthorized)",
       "tines-401",
       "",
       says(401, R"({"error":"Unauthorized"})"),
       {"answered 401 Unauthorized", "Check api_key", "wrong, expired or revoked", "create a new key"}},
      {"Tines: 2. Permission Denied (403 Forbidden)",
       "tines-403",
       "",
       says(403, R"({"error":"Forbidden"})"),
       {"answered 403 Forbidden", "Give the key in api_key the permission AUDIT_LOG_READ",
        "tenant owner's or team's key", "Tines administrator can grant it"}},
      {"Tines: 3. Tenant Not Found (404 Not Found)",
       "tines-404",
       "",
       says(404, R"({"error":"Not Found"})"),
       {"answered 404 Not Found", "Check tenant_domain", "company.tines.com", "without https://",
        "without a slash or path"}},
      {"Tines: 3. Tenant Not Found, a typo without an address",
       "tines-typo",
       "tenant_domain: acme.tiens.invalid",
       nobody,
       {"https://acme.tiens.invalid can't be read", "the host has no address",
        "Check tenant_domain for typos (such as company.tines.com)"}},
      {"Tines: 5. Rate Limit Exceeded (429 Too Many Requests)",
       "tines-429",
       "",
       says(429, "{}"),
       {"answered 429 Too Many Requests", "1,000 requests a minute", "asked again after a pause",
        "an api_key of its own", "lower rate_limit"}},
      {"Tines: 6. No Data Appearing",
       "tines-no-data",
       backfill,
       tines_is_empty,
       {"Tines' own audit log", "events in this time range", "Tines keeps two years",
        "check that backfill_start_time is within", "disabled", "Tines support can tell",
        ".backfill_start_time: 2019-01-01T00:00:00Z is further back than Tines is known to keep"}},
      {"Tines: 6. No Data Appearing, filters",
       "tines-filtered",
       backfill + ", user_ids: ['7642']",
       tines_is_empty,
       {"remove or widen user_ids and operation_names"}},
      {"Tines: 8. Missing Recent Events",
       "tines-nothing-recent",
       "",
       tines_is_empty,
       {"new events may take a few minutes to appear", "caught up with"}},

      {"Workato: Authentication Failed, 401 Unauthorized",
       "workato-401",
       "",
       says(401, R"({"message":"Unauthorized"})"),
       {"answered 401 Unauthorized", "Check api_token", "expired", "another workspace or environment",
        "each environment needs an API client of its own"}},
      {"Workato: Authentication Failed, 403 Forbidden",
       "workato-403",
       "",
       says(403, R"({"message":"Forbidden"})"),
       {"answered 403 Forbidden", "API client's role", "GET /api/activity_logs", "client in api_token",
        "right workspace and environment"}},
      {"Workato: No Data Returned",
       "workato-no-data",
       backfill,
       workato_is_empty,
       {"backfill_start_time", "as your plan says", "check base_url, now http://127.0.0.1:",
        "that of your region", "audit logging is enabled", "any activity in this time range",
        ".backfill_start_time: 2019-01-01T00:00:00Z is further back than Workato is known to keep"}},
      {"Workato: Rate Limit Exceeded (429 Too Many Requests)",
       "workato-429",
       "",
       says(429, "{}"),
       {"answered 429 Too Many Requests", "60 requests a minute for all endpoints of environment management",
        "asked again after a pause", "ask less from other applications", "lower rate_limit"}},
      {"Workato: Invalid Base URL, DNS resolution errors",
       "workato-no-such-host",
       "base_url: https://app.ue.invalid",
       nobody,
       {"https://app.ue.invalid can't be read", "the host has no address", "Check base_url", "your region",
        "https://www.workato.com (US)", "https://app.eu.workato.com (EU)", "without a trailing slash"}},
      {"Workato: Invalid Base URL, Connection timeout",
       "workato-timeout",
       "base_url: " + deaf,
       nobody,
       {"can't be read", "no answer in time", "Check base_url", "your region"}},
      {"Workato: Invalid Base URL, a host that is not Workato's",
       "workato-404",
       "",
       says(404, "{}"),
       {"answered 404 Not Found", "Check base_url", "your region", "without a path"}},
  };
  // What no page needs to say of any vendor.
  for (const std::string& vendor : all_vendors) {
    rows.push_back({vendor + ": refused",
                    vendor + "-refused",
                    "",
                    says(401, "{}"),
                    {"answered 401 Unauthorized", "Check "}});
  }
  return rows;
}

// Rows whose trouble is in the config: the words stand behind FILE:LINE and the path of the setting.
const std::vector<Row> mistakes = {
    {"FloQast: Wrong Region Selected, none of the regions",
     "floqast-region",
     "region: uk",
     nobody,
     {R"(.region: "uk" is not one of us, eu, au)"}},
    {"FloQast: Invalid Backfill Start Time, not RFC3339",
     "floqast-date",
     "backfill_start_time: 01/01/2024",
     nobody,
     {".backfill_start_time: ", "use RFC3339 such as 2024-01-01T00:00:00Z"}},
    {"FloQast: Invalid Backfill Start Time, no timezone designator",
     "floqast-no-zone",
     "backfill_start_time: '2024-01-01T00:00:00'",
     nobody,
     {".backfill_start_time: ", "no time zone, add Z for UTC or an offset such as +05:00",
      "use RFC3339 such as 2024-01-01T00:00:00Z"}},
    {"Endor Labs: Find Your Organization Namespace",
     "endorlabs-domain",
     "namespace: your-org.endorlabs.com",
     nobody,
     {R"(.namespace: "your-org.endorlabs.com" is no namespace)", "a bare name: use your-org"}},
    {"Tines: 3. Tenant Not Found, https:// prefix",
     "tines-https",
     "tenant_domain: https://acme.tines.com",
     nobody,
     {R"(.tenant_domain: "https://acme.tines.com" is not a domain name)", "leave the scheme (https://) out"}},
    {"Tines: 3. Tenant Not Found, trailing slash",
     "tines-slash",
     "tenant_domain: acme.tines.com/",
     nobody,
     {R"(.tenant_domain: "acme.tines.com/" is not a domain name)", "leave out everything from the slash on"}},
    {"Tines: 4. Invalid Tenant Domain Format",
     "tines-no-dot",
     "tenant_domain: company",
     nobody,
     {".tenant_domain: Tenant Domain must be a valid domain", "use the full domain", "company.tines.com",
      "company.tines.io"}},
    {"Tines: 9. Invalid Backfill Start Time, a bare date",
     "tines-bare-date",
     "backfill_start_time: '2024-01-01'",
     nobody,
     {".backfill_start_time: ", "has no time of day", "use RFC3339 such as 2024-01-01T00:00:00Z"}},
    {"Tines: 9. Invalid Backfill Start Time, no timezone",
     "tines-no-zone",
     "backfill_start_time: '2024-01-01T00:00:00'",
     nobody,
     {".backfill_start_time: ", "no time zone, add Z for UTC or an offset such as +05:00"}},
    {"Tines: 9. Invalid Backfill Start Time, no such day",
     "tines-no-such-day",
     "backfill_start_time: '2024-02-30T00:00:00Z'",
     nobody,
     {".backfill_start_time: ", "names a day that does not exist"}},
    {"Tines: 9. Invalid Backfill Start Time, in the future",
     "tines-future",
     "backfill_start_time: '2999-01-01T00:00:00Z'",
     nobody,
     {".backfill_start_time: ", "lies in the future"}},
    {"Workato: Invalid Base URL, no protocol",
     "workato-no-protocol",
     "base_url: www.workato.com",
     nobody,
     {".base_url: must start with https://"}},
    {"Workato: Invalid Base URL, trailing slash",
     "workato-slash",
     "base_url: https://www.workato.com/",
     nobody,
     {".base_url: must end after the host and its port", "no path, query or trailing slash"}},
};

// --- the walk

// The rows as sources of one config, each in front of a vendor of its own.
class Troubled {
 public:
  explicit Troubled(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      const std::string vendor = row.source.substr(0, row.source.find('-'));
      YAML::Node source = necessary(vendor);
      source["name"] = row.source;
      source["vendor"] = vendor;
      for (const auto& setting : YAML::Load("{" + row.settings + "}")) {
        source[setting.first.as<std::string>()] = setting.second;
      }
      if (row.answers) {
        servers_.push_back(HttpServer::listen({}, row.answers).value());
        source["base_url"] = servers_.back()->origin();
      }
      world_.config["sources"].push_back(source);
    }
    config_ = world_.write_config();
  }

  const World& world() const { return world_; }

  Child start(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), auditstream_binary());
    arguments.insert(arguments.end(), {"-c", config_});
    return Child(arguments, environment);
  }

 private:
  // The vendor's own example, with another key.
  static YAML::Node necessary(const std::string& vendor) {
    const YAML::Node example = YAML::LoadFile(PROJECT_DIR "/config/" + vendor + ".yaml")["sources"][0];
    YAML::Node source;
    for (const auto& setting : example) {
      const bool is_key = setting.second.as<std::string>().starts_with("${env:");
      source[setting.first.as<std::string>()] =
          is_key ? "${env:TROUBLED_KEY}" : setting.second.as<std::string>();
    }
    return source;
  }

  // Names that are not there are looked up here and now: by no proxy, and where no name server answers
  // without waiting for it.
  static inline const Environment environment{{"TROUBLED_KEY", "k3y-of-somebody"},
                                              {"TROUBLED_KEY_AND_SPACE", " k3y-of-somebody\n"},
                                              {"no_proxy", "*"},
                                              {"RES_OPTIONS", "timeout:1 attempts:1"}};

  World world_{{.vendors = {}}};
  std::vector<std::unique_ptr<HttpServer>> servers_;
  std::filesystem::path config_;
};

std::string lines_with(const std::string& text, const std::string& part) {
  std::string found;
  for (const std::string& line : lines_of(text)) {
    if (line.find(part) != std::string::npos) found += line + "\n";
  }
  return found;
}

// Findings in the config name the source by its place.
std::string place(std::size_t row) { return "sources[" + std::to_string(row) + "]"; }

// The source's line of `check` and the indented ones below it.
std::string block_of(const std::string& checked, const std::string& source) {
  std::string block;
  bool inside = false;
  for (const std::string& line : lines_of(checked)) {
    if (!line.starts_with(' ')) inside = line.starts_with(source + " (");
    if (inside) block += line + "\n";
  }
  return block;
}

YAML::Node of_source(const YAML::Node& document, const std::string& name) {
  for (const YAML::Node& source : document["sources"]) {
    if (source["source"].as<std::string>() == name) return source;
  }
  return YAML::Node(YAML::NodeType::Map);
}

std::string texts(const YAML::Node& list) {
  std::string all;
  for (const YAML::Node& text : list) all += text.as<std::string>() + "\n";
  return all;
}

bool holds_all(const std::string& text, const std::vector<std::string>& words) {
  return std::ranges::all_of(words, [&](const std::string& word) { return text.find(word) != text.npos; });
}

void expect_words(const std::string& where, const std::string& told, const Row& row) {
  for (const std::string& word : row.words) EXPECT_THAT(told, HasSubstr(word)) << row.title << ", " << where;
}

// What the log says of a source; of its settings when it is read.
std::string logged(const Child& run, const std::string& source, std::size_t row) {
  const std::string log = run.err();
  return lines_with(log, " source=" + source + " ") + lines_with(log, place(row) + ".");
}

TEST(Troubleshooting, EachRowNamesTheFieldAndTheRemedy) {
  const DeafPort deaf;
  const std::vector<Row> rows = rows_of_the_pages(deaf.origin());
  const Troubled troubled(rows);
  Child run = troubled.start({"run"});
  until("it runs or fails", 60s,
        [&] { return run.err().find("code=started") != std::string::npos || !run.running(); });
  ASSERT_TRUE(run.running()) << run.err();
  Child check = troubled.start({"check"}), json = troubled.start({"check", "--json"});
  EXPECT_EQ(check.wait(120s), exit_unavailable) << check.err();
  EXPECT_EQ(json.wait(120s), exit_unavailable) << json.err();

  const YAML::Node document = YAML::Load(json.out());  // JSON is YAML
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    expect_words("check", block_of(check.out(), row.source) + lines_with(check.err(), place(i) + "."), row);
    const YAML::Node source = of_source(document, row.source);
    expect_words("check --json",
                 source["message"].as<std::string>("") + "\n" + source["remedy"].as<std::string>("") + "\n" +
                     texts(source["hints"]) +
                     lines_with(texts(document["config"]["warnings"]), place(i) + "."),
                 row);
  }

  const auto deadline = std::chrono::steady_clock::now() + 60s;
  until("the log tells of every row", 120s, [&] {
    std::size_t told = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      told += holds_all(logged(run, rows[i].source, i), rows[i].words) ? 1 : 0;
    }
    return told == rows.size() || std::chrono::steady_clock::now() > deadline;
  });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    expect_words("log of run", logged(run, rows[i].source, i), rows[i]);
  }
  run.signal(SIGTERM);
  EXPECT_EQ(run.wait(30s), 0) << run.err();
}

TEST(Troubleshooting, EachMistakeInTheConfigIsToldAtOnce) {
  const Troubled troubled(mistakes);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"check", "--offline"}, {"check"}, {"run"}}) {
    Child child = troubled.start(command);
    EXPECT_EQ(child.wait(30s), exit_config) << child.err();
    for (std::size_t i = 0; i < mistakes.size(); ++i) {
      expect_words(command.front(), lines_with(child.err(), place(i) + "."), mistakes[i]);
    }
    EXPECT_EQ(lines_of(child.err()).size(), mistakes.size()) << child.err();
  }
  Child json = troubled.start({"check", "--json"});
  EXPECT_EQ(json.wait(30s), exit_config);
  const std::string told = texts(YAML::Load(json.out())["config"]["mistakes"]);
  for (std::size_t i = 0; i < mistakes.size(); ++i) {
    expect_words("check --json", lines_with(told, place(i) + "."), mistakes[i]);
  }
}

// Tines' row 7, the one without a remedy: a row that shifts to the next page is shown twice and published
// once.
TEST(Troubleshooting, DuplicateEventsAreDroppedWithoutAWord) {
  const std::string newer = R"({"id":2,"created_at":"2024-05-05T10:00:01Z"})";
  const std::string older = R"({"id":1,"created_at":"2024-05-05T10:00:00Z"})";
  const Reply first = json_reply(
      200, R"({"audit_logs":[)" + newer + "," + older + R"(],"meta":{"next_page_number":2,"count":2}})");
  const Reply second =
      json_reply(200, R"({"audit_logs":[)" + older + R"(],"meta":{"next_page_number":null,"count":2}})");
  const Reply none = json_reply(200, R"({"audit_logs":[],"meta":{"next_page_number":null,"count":0}})");
  std::atomic<int> asked = 0;
  const Answers shows_one_twice = [&](const Request& request) {
    ++asked;
    // Times are compared as text.
    const auto bound = [&](const std::string& name, const std::string& otherwise) {
      const std::size_t at = request.query().find(name + "=");
      return at == std::string_view::npos
                 ? otherwise
                 : auditstream::percent_decode(request.query().substr(at + name.size() + 1, 24))
                       .substr(0, 19);
    };
    if (bound("after", "") > "2024-05-05T10:00:00" || bound("before", "9") < "2024-05-05T10:00:01")
      return none;
    return request.query().find("&page=2") == std::string_view::npos ? first : second;
  };
  const Troubled troubled(
      {{"Tines: 7. Duplicate Events", "tines-duplicates", backfill, shows_one_twice, {}}});
  const World& world = troubled.world();
  const auto published = [&] { return read_topic(world.bootstrap(), world.topic("tines")).size(); };
  Child run = troubled.start({"run"});
  until("both are published", 60s, [&] { return published() >= 2; });
  until("it has asked for them again", 60s, [&, before = asked.load()] { return asked > before + 4; });
  run.signal(SIGTERM);
  EXPECT_EQ(run.wait(30s), 0) << run.err();
  EXPECT_EQ(published(), 2u);
  EXPECT_THAT(lines_with(run.err(), "source=tines-duplicates"),
              AllOf(Not(HasSubstr(" warn ")), Not(HasSubstr(" error "))));
}

// No row of any page, but what makes rows of them: events seem to be missing or to come from the future.
TEST(Troubleshooting, AWrongClockIsToldInWordsAndInSeconds) {
  const Answers lives_two_hours_ago = [](const Request& request) {
    Reply reply = tines_is_empty(request);
    const auto now = std::chrono::system_clock::now();
    reply.headers.push_back({"Date", http_date(std::chrono::floor<std::chrono::seconds>(now) - 2h)});
    return reply;
  };
  const Row row{"the clock",
                "tines-clock",
                "",
                lives_two_hours_ago,
                {"this machine's clock is ", " ahead of ", "set it right (NTP)"}};
  const Troubled troubled({row});
  Child run = troubled.start({"run"});
  // Kafka's clock tells who is right.
  const std::vector<std::string> words{"the Date header of Tines's answers is 2 h",
                                       "Kafka's agrees with this machine"};
  until("the log tells of it", 60s, [&] { return holds_all(logged(run, row.source, 0), words); });
  Child check = troubled.start({"check"}), json = troubled.start({"check", "--json"});
  EXPECT_EQ(check.wait(60s), 0) << check.out();
  EXPECT_EQ(json.wait(60s), 0) << json.out();
  expect_words("check", block_of(check.out(), row.source), row);
  const YAML::Node source = of_source(YAML::Load(json.out()), row.source);
  EXPECT_NEAR(source["clock_skew_seconds"].as<double>(), 7200, 60);
}

}  // namespace
}  // namespace auditstream::test
