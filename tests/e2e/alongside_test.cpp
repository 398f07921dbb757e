// A long past that is read beside what happens now, on a real Kafka.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auditstream/time.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

// "0" while there is none.
YAML::Node record_of(World& world) {
  const Finished shown = world.auditstream({"cursors", "show", World::source("tines"), "--json"});
  return YAML::Load(shown.status == 0 ? shown.out : "{\"version\":0}");
}

TEST(Alongside, WhatHappensNowIsPublishedWhileTheHistoryIsReadWhateverIsKilled) {
  World world({.vendors = {"tines", "workato"},
               .like = "\"history\":6000,\"history_span\":\"2000h\",\"rate\":3,\"late_share\":0.1,"
                       "\"late_max\":\"3s\",\"faults\":0.02"});
  for (const std::string& vendor : world.vendors()) {
    YAML::Node source = world.source_config(vendor);
    source["backfill"] = "alongside";
    source["overlap"] = "5s";
    source["page_size"] = 100;
    source["lanes"] = 1;
    source["rate_limit"] = "4/s";
  }
  auto run = world.start();
  until("its history is told apart", 60s, [&] { return record_of(world)["version"].as<int>() == 2; });
  bool fresh_during_history = false;
  for (int kill = 0; kill < 4; ++kill) {
    until("an event of now while the past is read", 60s, [&] {
      const YAML::Node cursor = record_of(world);
      if (!cursor["history"]) return true;
      const Time border = *parse_rfc3339(cursor["history"]["until"].as<std::string>());
      for (const Record& record : read_topic(world.bootstrap(), world.topic("tines"))) {
        const bool is_past = *parse_rfc3339(record.header("ce_time")) < border;
        EXPECT_EQ(record.header("auditstream_backfill"), is_past ? "true" : "");
        fresh_during_history = fresh_during_history || !is_past;
      }
      return fresh_during_history;
    });
    kill_at_once(*run);
    run = world.start();
  }
  EXPECT_TRUE(fresh_during_history);
  until("the histories have been read", 180s, [&] { return !record_of(world)["history"]; });
  EXPECT_EQ(record_of(world)["version"].as<int>(), 1) << "an older release can go on from here";
  world.stop_production();
  world.expect_exactly_once();
  world.expect_gapless();
  drain(*run);
}

// As by a release that read the past first, and one that is killed as soon as it has told the two apart.
TEST(Alongside, AnUpgradeAmidABackfillThatIsKilledLosesNothing) {
  World world({.vendors = {"tines"}, .like = "\"history\":6000,\"history_span\":\"2000h\",\"rate\":1"});
  YAML::Node source = world.source_config("tines");
  source["backfill"] = "first";
  source["overlap"] = "5s";
  source["page_size"] = 100;
  source["lanes"] = 1;
  source["rate_limit"] = "1/s";
  source["poll_interval"] = "5s";  // what the present does not ask for is the history's
  auto run = world.start();
  until("it reads its past", 60s,
        [&] { return read_topic(world.bootstrap(), world.topic("tines")).size() > 300; });
  kill_at_once(*run);
  const YAML::Node before = record_of(world);
  ASSERT_EQ(before["version"].as<int>(), 1);
  source.remove("backfill");
  run = world.start();
  until("its history is told apart", 90s, [&] { return record_of(world)["version"].as<int>() == 2; });
  kill_at_once(*run);
  const YAML::Node apart = record_of(world);
  EXPECT_EQ(apart["generation"].as<int>(), before["generation"].as<int>());
  EXPECT_GE(apart["published"].as<int>(), before["published"].as<int>());
  run = world.start();
  until("the history has been read", 180s, [&] { return !record_of(world)["history"]; });
  world.stop_production();
  world.expect_exactly_once();
  world.expect_gapless();
  drain(*run);
}

}  // namespace
}  // namespace auditstream::test
