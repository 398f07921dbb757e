// The log of a process that runs: what its lines carry, and that nothing is written where nothing happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "auditstream/time.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;

TEST(Log, AHealthyQuietSourceWritesNothingAfterTheStart) {
  World world({.like = "\"history\":50,\"history_span\":\"72h\",\"rate\":0"});
  const auto run = world.start();
  world.expect_exactly_once();
  world.until_polled();
  const std::string before = run->err();
  for (int polls = 0; polls < 3; ++polls) world.until_polled();
  EXPECT_EQ(run->err(), before);
  drain(*run);
}

TEST(Log, EachLineOfJsonSaysWhatItIsAbout) {
  World world(
      {.vendors = {"tines", "workato"}, .like = "\"history\":50,\"history_span\":\"72h\",\"rate\":5"});
  world.config["log"]["format"] = "json";
  world.source_config("tines")["api_key"] = "wrong";
  const auto run = world.start();
  world.until_up_to_date({"workato"});
  until("the refusal is said", 60s, [&] { return run->err().find("\"unauthorized\"") != std::string::npos; });
  drain(*run);
  std::istringstream lines(run->err());
  std::size_t refusals = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("warning: ")) continue;  // of the config, before there is a log
    const YAML::Node entry = YAML::Load(line);    // JSON is YAML
    EXPECT_TRUE(parse_rfc3339(entry["time"].as<std::string>()).ok()) << line;
    EXPECT_THAT(entry["level"].as<std::string>(), testing::AnyOf("debug", "info", "warn", "error")) << line;
    EXPECT_FALSE(entry["code"].as<std::string>().empty()) << line;
    EXPECT_FALSE(entry["message"].as<std::string>().empty()) << line;
    if (entry["code"].as<std::string>() != "unauthorized") continue;
    ++refusals;
    EXPECT_EQ(entry["level"].as<std::string>(), "error");
    EXPECT_EQ(entry["source"].as<std::string>(), "acme-tines");
    EXPECT_EQ(entry["vendor"].as<std::string>(), "tines");
    EXPECT_THAT(entry["window"].as<std::string>(), HasSubstr("Z/"));
  }
  EXPECT_EQ(refusals, 1u);
}

}  // namespace
}  // namespace auditstream::test
