// The commands as a person or a script sees them: output, exit codes, JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <set>

#include "auditstream/json.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Tenants quiet(const std::vector<std::string>& vendors) {
  return {.vendors = vendors, .like = "\"history\":60,\"history_span\":\"72h\",\"rate\":0"};
}

TEST(Command, VersionAndVendors) {
  const Finished version = run_to_end({auditstream_binary(), "--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out, StartsWith("auditstream "));
  const Finished all = run_to_end({auditstream_binary(), "vendors"});
  EXPECT_EQ(all.status, 0);
  for (const std::string& vendor : all_vendors) {
    EXPECT_THAT(all.out, HasSubstr(vendor));
    const Finished one = run_to_end({auditstream_binary(), "vendors", vendor});
    EXPECT_EQ(one.status, 0);
    EXPECT_THAT(one.out, AllOf(HasSubstr("poll_interval"), HasSubstr("required"),
                               HasSubstr("auditstream_action"), HasSubstr("ce_time")))
        << vendor;
  }
}

TEST(Command, WrongUsageIs64) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {}, {"publish"}, {"run"}, {"vendors", "nope"}, {"check", "--colour"}, {"cursors"}}) {
    std::vector<std::string> command{auditstream_binary()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const Finished finished = run_to_end(command);
    EXPECT_EQ(finished.status, exit_usage) << ::testing::PrintToString(arguments);
    EXPECT_EQ(finished.out, "");
    EXPECT_NE(finished.err, "");
  }
}

TEST(Command, CheckFindsEverythingInOrder) {
  World world(quiet(all_vendors));
  const Finished text = world.auditstream({"check"});
  EXPECT_EQ(text.status, 0) << text.out << text.err;
  for (const std::string& vendor : all_vendors) EXPECT_THAT(text.out, HasSubstr(World::source(vendor)));

  const Finished json = world.auditstream({"check", "--json"});
  EXPECT_EQ(json.status, 0);
  const YAML::Node document = YAML::Load(json.out);  // JSON is YAML
  EXPECT_TRUE(document["config"]["ok"].as<bool>());
  EXPECT_TRUE(document["kafka"]["reachable"].as<bool>());
  ASSERT_EQ(document["sources"].size(), all_vendors.size());
  for (const YAML::Node& source : document["sources"]) {
    EXPECT_TRUE(source["reachable"].as<bool>() && source["accepted"].as<bool>()) << source["source"];
    EXPECT_GT(source["events_7d"].as<int>(), 0) << source["source"];
  }
}

// Once for all sources, and never again once they have begun.
TEST(Command, ABackfillOutOfOrderIsToldOfOnceBeforeItBegins) {
  World world(quiet({"tines", "workato"}));
  const std::string words = "acme-tines, acme-workato will be read back to ";
  const auto times_in = [&words](const std::string& text) {
    std::size_t times = 0;
    for (std::size_t at = text.find(words); at != text.npos; at = text.find(words, at + 1)) ++times;
    return times;
  };
  const Finished before = world.auditstream({"check"});
  EXPECT_EQ(before.status, 0);
  EXPECT_EQ(times_in(before.out), 1u) << before.out;
  EXPECT_THAT(before.out, HasSubstr("set backfill: first and key: actor"));
  world.config["defaults"]["key"] = "actor";
  EXPECT_EQ(times_in(world.auditstream({"check"}).out), 1u);
  world.config["defaults"]["backfill"] = "first";
  EXPECT_EQ(times_in(world.auditstream({"check"}).out), 0u);

  world.config["defaults"].remove("key");
  world.config["defaults"].remove("backfill");
  auto run = world.start();
  world.expect_exactly_once();
  drain(*run);
  EXPECT_EQ(times_in(run->err()), 1u) << run->err();
  run = world.start();
  world.until_polled();
  drain(*run);
  EXPECT_EQ(times_in(run->err()), 0u) << run->err();
  EXPECT_EQ(times_in(world.auditstream({"check"}).out), 0u);
}

TEST(Command, CheckNamesSourcesAndCursorsWithoutTheirCounterpart) {
  World world(quiet({"tines", "workato"}));
  world.source_config("tines")["backfill_start_time"] = "2026-01-01T00:00:00Z";
  const YAML::Node start = YAML::Clone(world.config["defaults"]["backfill_start_time"]);
  world.config["defaults"].remove("backfill_start_time");
  const Finished before = world.auditstream({"check"});
  EXPECT_EQ(before.status, 0) << before.out;
  EXPECT_THAT(before.out, AllOf(HasSubstr("acme-tines has no cursor yet: it starts at 2026-01-01T00:00:00Z"),
                                HasSubstr("acme-workato has no cursor yet: it starts at the moment")));
  YAML::Node cursors = YAML::Load(world.auditstream({"check", "--json"}).out)["cursors"];
  ASSERT_EQ(cursors["sources_without_cursor"].size(), 2u);
  for (const YAML::Node& source : cursors["sources_without_cursor"]) {
    EXPECT_EQ(source["starts_at"].IsNull(), source["source"].as<std::string>() == "acme-workato");
  }
  EXPECT_EQ(cursors["cursors_without_source"].size(), 0u);

  world.config["defaults"]["backfill_start_time"] = start;
  const auto run = world.start();
  world.expect_exactly_once();
  run->signal(SIGTERM);
  ASSERT_EQ(run->wait(30s), 0) << run->err();
  world.source_config("workato")["name"] = "beta-workato";
  const Finished after = world.auditstream({"check"});
  EXPECT_EQ(after.status, 0) << after.out;
  EXPECT_THAT(after.out,
              AllOf(HasSubstr("beta-workato has no cursor yet"), Not(HasSubstr("acme-tines has no")),
                    HasSubstr("warning: there is a cursor of acme-workato in partition"),
                    HasSubstr("its cursor is kept")));
  cursors = YAML::Load(world.auditstream({"check", "--json"}).out)["cursors"];
  ASSERT_EQ(cursors["sources_without_cursor"].size(), 1u);
  ASSERT_EQ(cursors["cursors_without_source"].size(), 1u);
  EXPECT_EQ(cursors["cursors_without_source"][0]["source"].as<std::string>(), "acme-workato");
}

TEST(Command, CheckNamesARefusedKeyAndItsRemedy) {
  World world(quiet(all_vendors));
  world.source_config("tines")["api_key"] = "not-the-key";
  const Finished text = world.auditstream({"check"});
  EXPECT_EQ(text.status, exit_problem) << text.out;
  EXPECT_THAT(text.out, AllOf(HasSubstr("acme-tines"), HasSubstr("remedy"), HasSubstr("api_key")));
  const YAML::Node document = YAML::Load(world.auditstream({"check", "--json"}).out);
  int refused = 0;
  for (const YAML::Node& source : document["sources"]) {
    if (source["accepted"].as<bool>()) continue;
    ++refused;
    EXPECT_EQ(source["source"].as<std::string>(), "acme-tines");
    EXPECT_EQ(source["status"].as<int>(), 401);
  }
  EXPECT_EQ(refused, 1);
}

TEST(Command, CheckOfAVendorOrKafkaThatIsAwayIs69) {
  World world(quiet({"tines", "workato"}));
  world.source_config("workato")["base_url"] = "http://127.0.0.1:9";  // the discard port: nothing listens
  const Finished vendor = world.auditstream({"check"});
  EXPECT_EQ(vendor.status, exit_unavailable) << vendor.out;
  EXPECT_THAT(vendor.out, HasSubstr("acme-workato"));

  World lonely(quiet({"tines"}), "127.0.0.1:9");
  const Finished kafka = lonely.auditstream({"check"});
  EXPECT_EQ(kafka.status, exit_unavailable) << kafka.out;
  EXPECT_THAT(kafka.out + kafka.err, HasSubstr("127.0.0.1:9"));
}

TEST(Command, ReadPrintsTheVendorsBytesWithoutKafka) {
  World world(quiet(all_vendors), "127.0.0.1:9");
  for (const std::string& vendor : all_vendors) {
    const Finished read = world.auditstream({"read", World::source(vendor), "--from", "-30d"});
    ASSERT_EQ(read.status, 0) << read.err;
    const std::vector<std::string> lines = lines_of(read.out);
    const std::multiset<std::string> printed(lines.begin(), lines.end());
    std::multiset<std::string> had;
    for (const std::string& line : lines_of(world.truth(vendor)))
      had.insert(json::scalar_at(line, "/raw").value());
    EXPECT_EQ(printed, had) << vendor;
  }
  const Finished few = world.auditstream({"read", "acme-tines", "--from", "-30d", "--limit", "3"});
  EXPECT_EQ(std::count(few.out.begin(), few.out.end(), '\n'), 3);
  EXPECT_EQ(world.auditstream({"read", "acme-nobody", "--from", "-1d"}).status, exit_usage);
}

TEST(Command, CursorsTellWhereEachSourceIs) {
  World world(quiet({"tines", "workato"}));
  const Finished before = world.auditstream({"cursors", "show", "acme-tines"});
  EXPECT_EQ(before.status, exit_problem) << before.out << before.err;
  const auto run = world.start();
  world.expect_exactly_once();
  run->signal(SIGTERM);
  ASSERT_EQ(run->wait(30s), 0) << run->err();

  const Finished list = world.auditstream({"cursors", "list", "--json"});
  ASSERT_EQ(list.status, 0) << list.err;
  const YAML::Node cursors = YAML::Load(list.out);
  ASSERT_EQ(cursors.size(), 2u) << list.out;
  for (const YAML::Node& cursor : cursors) {
    const auto vendor = cursor["vendor"].as<std::string>();
    EXPECT_EQ(cursor["source"].as<std::string>(), World::source(vendor));
    EXPECT_EQ(cursor["published"].as<int>(), 60);
    EXPECT_EQ(cursor["dead_letters"].as<int>(), 0);
    EXPECT_EQ(cursor["state"].as<std::string>(), "running");
    EXPECT_EQ(cursor["version"].as<int>(), 1);
  }
  const Finished show = world.auditstream({"cursors", "show", "acme-tines", "--json"});
  EXPECT_EQ(show.status, 0);
  EXPECT_EQ(YAML::Load(show.out)["source"].as<std::string>(), "acme-tines");
  EXPECT_EQ(world.auditstream({"cursors", "show", "acme-nobody"}).status, exit_problem);
}

TEST(Command, WhatTakesLongShowsProgressOnATerminalOnly) {
  World world(quiet({"tines"}));
  struct Case {
    std::vector<std::string> arguments;
    const char* output;
    const char* progress;
  };
  for (const Case& command :
       {Case{{"check"}, "", "asking Kafka"},
        Case{{"read", "acme-tines", "--from", "-7d"}, " > /dev/null", "acme-tines: "}}) {
    std::string words;
    for (const std::string& word : world.command(command.arguments)) words += "'" + word + "' ";
    const std::string erase_line = "\r\x1b[K";
    const Finished seen = run_to_end({"script", "-qec", words + command.output, "/dev/null"});
    EXPECT_EQ(seen.status, 0) << seen.out;
    EXPECT_THAT(seen.out, HasSubstr(erase_line + command.progress));
    const Finished piped = world.auditstream(command.arguments);
    EXPECT_THAT(piped.out + piped.err, Not(HasSubstr(erase_line)));
  }
}

}  // namespace
}  // namespace auditstream::test
