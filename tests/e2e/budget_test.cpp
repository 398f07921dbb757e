// What tools ask of a vendor beside a running instance comes out of that instance's budget: an account that allows 60 requests
// a minute, all of which are wanted, never has to refuse one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/asking.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// An instance that asks as often as it may.
struct Scarce : World {
  explicit Scarce(int history)
      : World({.vendors = {"workato"},
               .like = "\"history\":" + std::to_string(history) + ",\"history_span\":\"48h\",\"rate\":0",
               .limited = true}) {
    source_config("workato")["poll_interval"] = "1s";
    source_config("workato")["page_size"] = 100;
  }
  // The tools' config names where the instance listens.
  void found_at(const std::string& url) { config["http"]["listen"] = url.substr(url.find("//") + 2); }
  YAML::Node account() { return YAML::Load(stats())[0]; }
};

TEST(Budget, IsSharedByARunningInstanceAndTools) {
  Scarce world(1000);
  const auto run = world.start();
  world.expect_exactly_once();
  world.until_polled();
  world.found_at(url_of(*run));
  const std::uint64_t before = world.requests("workato");
  const Finished verify = world.auditstream(
      {"verify", World::source("workato"), "--from", "-30d", "--to", "-0s", "--allow-cut"}, 120s);
  EXPECT_EQ(verify.status, 0) << verify.out << verify.err;
  EXPECT_THAT(verify.out, HasSubstr("all there"));
  EXPECT_THAT(verify.err, Not(HasSubstr("rate_limit")));
  EXPECT_GE(world.requests("workato"), before + 15) << "both have asked";
  const Finished check = world.auditstream({"check"});
  EXPECT_EQ(check.status, 0) << check.out << check.err;
  const Finished probe = world.auditstream({"probe", World::source("workato"), "--requests", "5"});
  EXPECT_THAT(probe.err, Not(HasSubstr("rate_limit")));
  world.until_polled();
  EXPECT_EQ(world.account()["violations"].as<int>(), 0);
  EXPECT_EQ(World::times_said(*run, "workato", "throttled"), 0u);
}

TEST(Budget, IsAQuarterBesideAnInstanceThatDoesNotKnowTheSource) {
  Scarce world(50);
  world.source_config("workato")["name"] = "other";
  world.source_config("workato")["enabled"] = false;
  const auto run = world.start();
  world.found_at(url_of(*run));
  until_said(*run, "code=started");
  world.source_config("workato")["name"] = World::source("workato");
  world.source_config("workato")["enabled"] = true;
  const std::filesystem::path config_of_the_tool = world.directory.path() / "tool.yaml";
  write_file(config_of_the_tool, YAML::Dump(world.config));
  const Finished read = run_to_end({auditstream_binary(), "read", World::source("workato"), "-c",
                                    config_of_the_tool, "--from", "-30d", "--to", "-0s", "--limit", "5"});
  EXPECT_EQ(read.status, 0) << read.err;
  EXPECT_THAT(read.err, AllOf(HasSubstr("Source acme-workato not found"),
                              HasSubstr("a quarter of the rate_limit of acme-workato is used")));
}

}  // namespace
}  // namespace auditstream::test
