// Alerting rules, dashboard and Prometheus' config: right by Prometheus' own tool, about metrics that exist,
// and explained in the runbook.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "package/runbook.h"
#include "paths.h"
#include "support/child.h"

namespace auditstream::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::IsSubsetOf;
using ::testing::Not;
using ::testing::StartsWith;

const std::string alerts_path = PROJECT_DIR "/docs/alerts.yaml";
const std::string outages_path = PROJECT_DIR "/tests/package/outages_test.yaml";
const std::string dashboard_path = PROJECT_DIR "/docs/grafana.json";

// Every metric is a row of this page.
std::set<std::string> known_metrics() {
  std::set<std::string> metrics;
  static const std::regex row(R"(^\| `(\w+)` \| (counter|gauge|histogram) \|)");
  for (const std::string& line : lines_of(read_file(PROJECT_DIR "/docs/metrics.md"))) {
    std::smatch found;
    if (std::regex_search(line, found, row)) metrics.insert(found[1]);
  }
  return metrics;
}

// As they are called in the table, without what a histogram's parts add.
std::set<std::string> metrics_in(const std::string& text) {
  std::set<std::string> metrics;
  static const std::regex metric(R"(\b((auditstream|process)_\w+?)(_bucket|_sum|_count)?\b)");
  for (std::sregex_iterator match(text.begin(), text.end(), metric), end; match != end; ++match) {
    metrics.insert((*match)[1]);
  }
  return metrics;
}

void promtool(std::vector<std::string> arguments) {
  const char* promtool = std::getenv("AUDITSTREAM_PROMTOOL");
  ASSERT_NE(promtool, nullptr) << "ctest sets it";
  arguments.insert(arguments.begin(), promtool);
  const Finished finished = run_to_end(arguments);
  EXPECT_EQ(finished.status, 0) << finished.out << finished.err;
}

std::vector<YAML::Node> alerts(const YAML::Node& page) {
  std::vector<YAML::Node> alerts;
  for (const YAML::Node& group : page["groups"]) {
    for (const YAML::Node& rule : group["rules"]) alerts.push_back(rule);
  }
  return alerts;
}

TEST(Alerts, AreRulesByPrometheusOwnWord) { promtool({"check", "rules", "--lint-fatal", alerts_path}); }

// promtool compares annotations to the letter. Their templates were checked above, so they are left out here.
TEST(Alerts, FireWhenTheyShouldAndOnlyThen) {
  const TemporaryDirectory directory;
  YAML::Node page = YAML::LoadFile(alerts_path);
  for (YAML::Node& alert : alerts(page)) alert.remove("annotations");
  write_file(directory.path() / "alerts.yaml", YAML::Dump(page));
  const fs::path tests = directory.path() / "alerts_test.yaml";
  fs::copy(PROJECT_DIR "/tests/package/alerts_test.yaml", tests);
  promtool({"test", "rules", tests});
}

// What a live binary's scrapes in each outage set off: these alerts, and no other.
TEST(Alerts, OfARecordedOutageAreThoseAndNoOther) {
  const TemporaryDirectory directory;
  YAML::Node page = YAML::LoadFile(alerts_path);
  YAML::Node tests;
  tests["rule_files"].push_back("alerts.yaml");
  tests["evaluation_interval"] = "1m";
  for (const YAML::Node& outage : YAML::LoadFile(outages_path)) {
    YAML::Node test;
    test["name"] = outage["recording"];
    test["interval"] = "1m";
    test["input_series"] = YAML::LoadFile(PROJECT_DIR "/tests/package/outages/" +
                                          outage["recording"].as<std::string>() + ".yaml");
    for (const YAML::Node& moment : outage["moments"]) {
      for (const YAML::Node& alert : alerts(page)) {
        YAML::Node expectation;
        expectation["alertname"] = alert["alert"];
        expectation["eval_time"] = moment["at"];
        for (const YAML::Node& labels : moment["alerts"][alert["alert"].as<std::string>()]) {
          YAML::Node expected;
          expected["exp_labels"] = labels;
          expectation["exp_alerts"].push_back(expected);
        }
        test["alert_rule_test"].push_back(expectation);
      }
    }
    tests["tests"].push_back(test);
  }
  for (YAML::Node& alert : alerts(page)) alert.remove("annotations");
  write_file(directory.path() / "alerts.yaml", YAML::Dump(page));
  write_file(directory.path() / "outages.yaml", YAML::Dump(tests));
  promtool({"test", "rules", directory.path() / "outages.yaml"});
}

TEST(Alerts, AreAllTestedForFiring) {
  std::set<std::string> defined, fired;
  for (const YAML::Node& outage : YAML::LoadFile(outages_path)) {
    for (const YAML::Node& moment : outage["moments"]) {
      for (const auto& alert : moment["alerts"]) fired.insert(alert.first.as<std::string>());
    }
  }
  for (const YAML::Node& alert : alerts(YAML::LoadFile(alerts_path)))
    defined.insert(alert["alert"].as<std::string>());
  for (const YAML::Node& test : YAML::LoadFile(PROJECT_DIR "/tests/package/alerts_test.yaml")["tests"]) {
    for (const YAML::Node& expectation : test["alert_rule_test"]) {
      if (expectation["exp_alerts"]) fired.insert(expectation["alertname"].as<std::string>());
    }
  }
  EXPECT_EQ(fired, defined);
}

TEST(Alerts, LeadToTheRunbook) {
  const std::set<std::string> anchors = runbook_anchors();
  const std::string page = "docs/operations.md#";
  for (const YAML::Node& alert : alerts(YAML::LoadFile(alerts_path))) {
    SCOPED_TRACE(alert["alert"].as<std::string>());
    for (const char* text : {"summary", "description"}) {
      EXPECT_NE(alert["annotations"][text].as<std::string>(), "");
    }
    EXPECT_NE(alert["labels"]["severity"].as<std::string>(), "");
    const std::string url = alert["annotations"]["runbook_url"].as<std::string>();
    ASSERT_THAT(url, StartsWith(page));
    EXPECT_THAT(anchors, Contains(url.substr(page.size())));
  }
}

TEST(Alerts, AskForMetricsThatExist) {
  std::string expressions;
  for (const YAML::Node& alert : alerts(YAML::LoadFile(alerts_path))) {
    expressions += alert["expr"].as<std::string>() + "\n";
  }
  EXPECT_THAT(metrics_in(expressions), IsSubsetOf(known_metrics()));
}

std::vector<YAML::Node> panels() {
  std::vector<YAML::Node> panels;
  for (const YAML::Node& panel : YAML::LoadFile(dashboard_path)["panels"])
    panels.push_back(panel);  // JSON is YAML
  return panels;
}

TEST(Dashboard, ShowsEveryMetricOfOurs) {
  std::string expressions;
  for (const YAML::Node& panel : panels()) {
    for (const YAML::Node& target : panel["targets"]) expressions += target["expr"].as<std::string>() + "\n";
  }
  const std::set<std::string> shown = metrics_in(expressions);
  EXPECT_THAT(shown, IsSubsetOf(known_metrics()));
  for (const std::string& metric : known_metrics()) {
    if (metric.starts_with("process_")) continue;
    EXPECT_THAT(shown, Contains(metric));
  }
}

TEST(Dashboard, AsksWhatPrometheusUnderstands) {
  YAML::Node rules;
  for (const YAML::Node& panel : panels()) {
    for (const YAML::Node& target : panel["targets"]) {
      YAML::Node rule;
      rule["record"] = "panel:" + panel["id"].as<std::string>() + target["refId"].as<std::string>();
      std::string expression = target["expr"].as<std::string>();
      expression = std::regex_replace(expression, std::regex(R"(\$__rate_interval)"), "1m");
      rule["expr"] = std::regex_replace(expression, std::regex(R"(\$(source|vendor))"), ".*");
      rules.push_back(rule);
    }
  }
  YAML::Node page;
  page["groups"][0]["name"] = "dashboard";
  page["groups"][0]["rules"] = rules;
  const TemporaryDirectory directory;
  write_file(directory.path() / "rules.yaml", YAML::Dump(page));
  promtool({"check", "rules", directory.path() / "rules.yaml"});
}

TEST(Dashboard, HoldsTogether) {
  // YAML, as which it is read here, would forgive more.
  EXPECT_FALSE(rapidjson::Document().Parse(read_file(dashboard_path).c_str()).HasParseError());
  std::set<int> ids;
  std::set<std::string> places;
  for (const YAML::Node& panel : panels()) {
    SCOPED_TRACE(panel["title"].as<std::string>());
    EXPECT_TRUE(ids.insert(panel["id"].as<int>()).second);
    const YAML::Node place = panel["gridPos"];
    EXPECT_TRUE(places.insert(place["x"].as<std::string>() + "," + place["y"].as<std::string>()).second);
    EXPECT_LE(place["x"].as<int>() + place["w"].as<int>(), 24);
    if (panel["type"].as<std::string>() == "row") continue;
    EXPECT_EQ(panel["datasource"]["uid"].as<std::string>(), "${datasource}");
    EXPECT_NE(panel["description"].as<std::string>(), "");
    EXPECT_GT(panel["targets"].size(), 0u);
    for (const YAML::Node& target : panel["targets"]) {
      EXPECT_EQ(target["datasource"]["uid"].as<std::string>(), "${datasource}");
    }
  }
  std::map<std::string, std::string> variables;
  for (const YAML::Node& variable : YAML::LoadFile(dashboard_path)["templating"]["list"]) {
    variables[variable["name"].as<std::string>()] = variable["type"].as<std::string>();
  }
  EXPECT_EQ(variables, (std::map<std::string, std::string>{
                           {"datasource", "datasource"}, {"source", "query"}, {"vendor", "query"}}));
}

// The folder /etc/prometheus as docker-compose.yml mounts it.
TEST(Prometheus, TakesItsConfig) {
  const TemporaryDirectory directory;
  int files = 0;
  const YAML::Node compose = YAML::LoadFile(PROJECT_DIR "/docker-compose.yml");
  for (const YAML::Node& volume : compose["services"]["prometheus"]["volumes"]) {
    static const std::regex mount(R"(\./([\w./-]+):/etc/prometheus/([\w.-]+):ro)");
    const std::string text = volume.as<std::string>();
    std::smatch found;
    ASSERT_TRUE(std::regex_match(text, found, mount)) << text;
    fs::copy(fs::path(PROJECT_DIR) / found[1].str(), directory.path() / found[2].str());
    ++files;
  }
  EXPECT_EQ(files, 2);
  promtool({"check", "config", directory.path() / "prometheus.yml"});
}

}  // namespace
}  // namespace auditstream::test
