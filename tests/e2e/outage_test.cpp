// Outages, as whoever is on call sees them: on the instance that polls a source and on another one, page and
// probes, metrics and log tell the same, and what is so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "e2e/served.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What an instance shows of a source.
struct Shown {
  std::string state;
  std::string activity;
  std::string error;
  bool last_success = false;
  bool failing_since = false;
};

Shown shown(const Child& run, const std::string& source) {
  for (const YAML::Node& entry : get(run, "/sources")["sources"]) {
    if (entry["name"].as<std::string>() != source) continue;
    return {entry["state"].as<std::string>(), entry["activity"].as<std::string>(),
            entry["error"].as<std::string>(), !entry["last_success"].IsNull(),
            !entry["failing_since"].IsNull()};
  }
  return {};
}

bool ready(const Child& run) { return ask(run, "GET", "/readyz").status == 200; }

std::size_t lines_with(const Child& run, const std::string& source, const std::string& code,
                       const std::string& level) {
  std::size_t count = 0;
  for (const std::string& line : lines_of(run.err())) {
    if (line.find(" " + level + " source=" + source + " ") == std::string::npos) continue;
    if (line.find(" code=" + code + " ") != std::string::npos) ++count;
  }
  return count;
}

// Each vendor has another trouble; all of them at once, because patience takes two minutes.
TEST(Outage, OfEachVendorIsToldOnEveryInstance) {
  Served world({.vendors = all_vendors, .like = "\"history\":100,\"history_span\":\"48h\",\"rate\":5"});
  const auto one = world.start();
  Served::until_ready(*one);
  const auto two = world.start();
  Served::until_ready(*two);
  const Child* const runs[] = {one.get(), two.get()};
  world.until_up_to_date();
  const auto cause = [&](const std::string& vendor, const std::string& members) {
    world.control("{\"vendor\":\"" + vendor + "\",\"set\":{" + members + "}}");
  };
  cause("tines", "\"refuse\":503");
  cause("workato", "\"refuse\":429");
  cause("floqast", R"("faults":{"reset":1})");
  cause("captivateiq", R"("faults":{"html_ok":1})");
  cause("endorlabs", "\"refuse\":401");

  // What needs a person is a failure at once; the rest is tried again, and says so.
  for (const Child* run : runs) {
    for (const char* vendor : {"captivateiq", "endorlabs"}) {
      until(std::string(vendor) + " has failed", 30s,
            [&] { return shown(*run, World::source(vendor)).state == "FAILED"; });
    }
    for (const auto& [vendor, activity, words] : {std::tuple{"tines", "retrying", "503"},
                                                  {"workato", "throttled", "429"},
                                                  {"floqast", "retrying", "connection broke"}}) {
      until(std::string(vendor) + " is " + activity, 30s,
            [&] { return shown(*run, World::source(vendor)).activity == activity; });
      const Shown now = shown(*run, World::source(vendor));
      EXPECT_EQ(now.state, "RUNNING") << vendor;
      EXPECT_THAT(now.error, HasSubstr(words));
      EXPECT_TRUE(now.last_success) << vendor;
      EXPECT_TRUE(now.failing_since) << vendor;
    }
    EXPECT_TRUE(ready(*run)) << "a vendor's trouble is none of the instance's";
  }
  // What outlasts the grace has failed, whatever it is.
  for (const char* vendor : {"tines", "workato", "floqast"}) {
    for (const Child* run : runs) {
      until(std::string(vendor) + " has failed", 180s,
            [&] { return shown(*run, World::source(vendor)).state == "FAILED"; });
    }
  }
  const auto said = [&](const std::string& vendor, const std::string& code, const std::string& level) {
    return lines_with(*one, World::source(vendor), code, level) +
           lines_with(*two, World::source(vendor), code, level);
  };
  EXPECT_GE(said("tines", "transient", "info"), 1u);
  EXPECT_GE(said("tines", "transient", "warn"), 1u);
  EXPECT_EQ(said("tines", "transient", "error"), 0u) << "nobody has to do anything";
  EXPECT_GE(said("endorlabs", "unauthorized", "error"), 1u);
  EXPECT_GE(said("captivateiq", "malformed", "error"), 1u);

  for (const std::string& vendor : all_vendors) cause(vendor, R"("refuse":0,"faults":0)");
  for (const std::string& vendor : all_vendors) {
    // Who was refused, or failed for minutes, rests for minutes: whoever has mended it doesn't want to wait.
    EXPECT_EQ(ask(*two, "POST", "/connectors/" + World::source(vendor) + "/restart").status, 204);
  }
  for (const std::string& vendor : all_vendors) {
    for (const Child* run : runs) {
      until(vendor + " runs", 60s, [&] {
        const Shown now = shown(*run, World::source(vendor));
        return now.state == "RUNNING" && now.error.empty();
      });
    }
    EXPECT_EQ(said(vendor, "recovered", "info"), 1u) << vendor;
  }
  world.stop_production();
  world.expect_exactly_once();
  drain(*one);
  drain(*two);
}

TEST(Outage, ATopicThatIsGoneIsNamedAndHoldsNobodyElse) {
  Served world;
  world.config["offsets"]["partitions"] = 1;  // one shard for both
  const auto one = world.start();
  Served::until_ready(*one);
  const auto two = world.start();
  Served::until_ready(*two);
  world.until_up_to_date();
  delete_topic(world.bootstrap(), world.topic("tines"));
  for (const Child* run : {one.get(), two.get()}) {
    until("the topic is named", 60s, [&] {
      const Shown now = shown(*run, "acme-tines");
      return now.state == "FAILED" &&
             now.error.find(world.topic("tines") + " does not exist") != std::string::npos;
    });
    EXPECT_EQ(world.state(*run, "workato"), "RUNNING");
  }
  world.until_up_to_date({"workato"});
  create_topic(world.bootstrap(), world.topic("tines"), 2);
  for (const Child* run : {one.get(), two.get()}) world.until_state(*run, "tines", "RUNNING");
  until("it goes on", 60s, [&] { return world.compare_with_topic("tines").kafka_has > 20; });
  world.stop_production();
  world.expect_exactly_once("workato", {});
  EXPECT_EQ(world.compare_with_topic("tines").duplicated, 0u);
  drain(*one);
  drain(*two);
}

}  // namespace
}  // namespace auditstream::test
