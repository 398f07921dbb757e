// A config that changes between two starts on the same offsets topic: what acts, what is ignored, what stops
// a source until it is put back; and each event still once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "auditstream/json.h"
#include "auditstream/time.h"
#include "base/hash.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Time time_of(const std::string& truth_line) {
  return parse_event_time(json::scalar_at(truth_line, "/time").value()).value();
}
std::string field_of(const std::string& truth_line, const char* pointer) {
  return json::scalar_at(json::scalar_at(truth_line, "/raw").value(), pointer).value_or("");
}
Time time_in(const YAML::Node& cursor, const char* field) {
  return parse_rfc3339(cursor[field].as<std::string>()).value();
}
Time floor_of(const YAML::Node& cursor) { return time_in(cursor["floor"], "time"); }
bool above_floor(const std::string& truth_line, const YAML::Node& cursor) {
  const YAML::Node history = cursor["history"];
  const bool of_history = history && time_of(truth_line) < *parse_rfc3339(history["until"].as<std::string>());
  const YAML::Node part = of_history ? history : cursor;
  return std::pair(time_of(truth_line), json::scalar_at(truth_line, "/id").value()) >
         std::pair(floor_of(part), part["floor"]["id"].as<std::string>());
}

std::set<std::string> published_ids(World& world, const std::string& vendor) {
  std::set<std::string> ids;
  for (const Record& record : read_topic(world.bootstrap(), world.topic(vendor)))
    ids.emplace(record.header("ce_id"));
  return ids;
}

// The first line that says it.
std::string said(const Child& run, const std::string& code) {
  for (const std::string& line : lines_of(run.err())) {
    if (line.find(" code=" + code + " ") != std::string::npos) return line;
  }
  return "";
}

TEST(Change, AnotherOverlapActsFromThenOn) {
  World world({.like = "\"history\":300,\"history_span\":\"2h\",\"rate\":10,\"late_share\":0.2,"
                       "\"late_max\":\"2s\""});
  struct Life {
    const char* overlap;
    Duration reaches_back_max;
  };
  // The floor may be a reading behind. A larger overlap can't take it back to where the ids are forgotten.
  for (const Life& life : {Life{"30s", 35s}, Life{"1h", 10min}, Life{"5s", 10s}, Life{"10m", 10min}}) {
    world.config["defaults"]["overlap"] = life.overlap;
    const auto run = world.start();
    world.until_up_to_date();
    for (const std::string& vendor : world.vendors()) {
      until(vendor + "'s floor follows at " + life.overlap, 60s, [&] {
        const YAML::Node cursor = world.cursor(vendor);
        return time_in(cursor, "watermark") - floor_of(cursor) <= life.reaches_back_max;
      });
    }
    kill_at_once(*run);
  }
  const auto run = world.start();
  world.stop_production();
  world.expect_exactly_once();
}

TEST(Change, AnotherFilterActsFromTheWatermarkOnLessTheOverlap) {
  World world({.vendors = {"tines"}, .like = "\"history\":400,\"history_span\":\"10m\",\"rate\":20"});
  const auto operation = [](const std::string& line) { return field_of(line, "/operation_name"); };
  const std::string source = World::source("tines");
  world.config["defaults"]["overlap"] = "10s";
  world.source_config("tines")["operation_names"] = std::vector<std::string>{"Login", "story.created"};
  auto run = world.start();
  const auto first = [&](const std::string& line) {
    return operation(line) == "Login" || operation(line) == "story.created";
  };
  world.until_up_to_date({"tines"}, first);
  drain(*run);
  EXPECT_EQ(world.compare_with_topic("tines", first).unknown, 0u);
  const YAML::Node cursor = world.cursor("tines");

  // Wider.
  world.source_config("tines").remove("operation_names");
  run = world.start();
  const auto second = [&](const std::string& line) { return first(line) || above_floor(line, cursor); };
  world.until_up_to_date({"tines"}, second);
  EXPECT_THAT(said(*run, "filter_changed"), HasSubstr(source));
  drain(*run);
  const Comparison wider = world.compare_with_topic("tines", second);
  EXPECT_EQ(wider.duplicated + wider.unknown, 0u) << ::testing::PrintToString(wider.examples);

  // Narrower. What is already out stays out.
  const std::set<std::string> out = published_ids(world, "tines");
  world.source_config("tines")["operation_names"] = std::vector<std::string>{"Login"};
  run = world.start();
  const auto login = [&](const std::string& line) { return operation(line) == "Login"; };
  world.until_up_to_date({"tines"}, login);
  EXPECT_EQ(World::times_said(*run, "tines", "filter_changed"), 1u);
  kill_at_once(*run);
  run = world.start();
  world.stop_production();
  world.expect_exactly_once("tines", [&](const std::string& line) {
    return out.contains(json::scalar_at(line, "/id").value()) || login(line);
  });
  EXPECT_EQ(World::times_said(*run, "tines", "filter_changed"), 0u) << run->err();
}

TEST(Change, OwnRequestsAreLeftOutFromThenOn) {
  World world({.vendors = {"floqast"},
               .like = "\"history\":200,\"history_span\":\"2h\",\"rate\":5,\"self_feeding\":true"});
  const auto own = [](const std::string& line) { return json::scalar_at(line, "/own") == "true"; };
  auto run = world.start();
  until("a request of its own is published", 60s,
        [&] { return world.compare_with_topic("floqast", std::not_fn(own)).unknown > 0; });
  drain(*run);
  const std::set<std::string> out = published_ids(world, "floqast");
  const auto once_own = [&](const std::string& line) {
    return !own(line) || out.contains(json::scalar_at(line, "/id").value());
  };

  world.source_config("floqast")["exclude_own_requests"] = true;
  run = world.start();
  world.until_up_to_date({"floqast"}, once_own);
  world.until_polled();
  world.stop_production();
  world.expect_exactly_once("floqast", once_own);
  EXPECT_EQ(World::times_said(*run, "floqast", "filter_changed"), 1u);
}

TEST(Change, ChildNamespacesAreReadFromThenOn) {
  World world({.vendors = {"endorlabs"},
               .like = "\"history\":300,\"history_span\":\"10m\",\"rate\":10,\"child_share\":0.5"});
  world.config["defaults"]["overlap"] = "10s";
  auto run = world.start();
  world.until_up_to_date();
  drain(*run);
  EXPECT_EQ(world.compare_with_topic("endorlabs").unknown, 0u);  // only the namespace's own
  const YAML::Node cursor = world.cursor("endorlabs");

  world.source_config("endorlabs")["traverse"] = true;
  run = world.start();
  world.until_up_to_date();
  EXPECT_EQ(World::times_said(*run, "endorlabs", "filter_changed"), 1u);
  world.stop_production();
  std::set<std::string> wanted;
  for (const std::string& line : lines_of(world.truth("endorlabs"))) {
    const bool child = json::scalar_at(line, "/child") == "true";
    if (!child || above_floor(line, cursor)) wanted.insert(json::scalar_at(line, "/id").value());
  }
  until("the children's events are there", 60s,
        [&] { return published_ids(world, "endorlabs").size() >= wanted.size(); });
  EXPECT_EQ(published_ids(world, "endorlabs"), wanted);
  EXPECT_EQ(read_topic(world.bootstrap(), world.topic("endorlabs")).size(), wanted.size());
}

// The source stops and says why, the others go on; put back it goes on where it was.
void expect_stopped_until_put_back(World& world, const std::string& vendor, const char* setting,
                                   const std::vector<std::string>& others,
                                   const std::vector<std::string>& words) {
  auto run = world.start();
  world.until_up_to_date();
  drain(*run);
  std::vector<std::string> healthy = world.vendors();
  std::erase(healthy, vendor);
  const YAML::Node was = YAML::Clone(world.source_config(vendor)[setting]);
  const std::string cursor = YAML::Dump(world.cursor(vendor));
  const std::size_t records = world.compare_with_topic(vendor).kafka_has;
  const std::uint64_t requests = world.requests(vendor);
  for (const std::string& other : others) {
    world.source_config(vendor)[setting] = other;
    run = world.start();
    until(vendor + " is stopped", 60s,
          [&] { return World::times_said(*run, vendor, "source_stopped") == 1; });
    for (const std::string& word : words) EXPECT_THAT(said(*run, "source_stopped"), HasSubstr(word)) << other;
    world.until_up_to_date(healthy);
    EXPECT_EQ(world.requests(vendor), requests) << other;
    EXPECT_EQ(world.compare_with_topic(vendor).kafka_has, records) << other;
    drain(*run);
    EXPECT_EQ(YAML::Dump(world.cursor(vendor)), cursor) << other;
  }
  if (was.IsDefined() && !was.IsNull()) {
    world.source_config(vendor)[setting] = was;
  } else {
    world.source_config(vendor).remove(setting);
  }
  run = world.start();
  world.until_up_to_date();
  EXPECT_EQ(said(*run, "source_stopped"), "");
  world.stop_production();
  world.expect_exactly_once();
}

TEST(Change, AnotherAccountStopsTheSourceUntilItIsPutBack) {
  World world(
      {.vendors = {"tines", "workato"}, .like = "\"history\":200,\"history_span\":\"72h\",\"rate\":10"});
  const std::string source = World::source("tines");
  const int home = murmur2_partition(source, offsets_partitions);
  std::string elsewhere, next_door;  // accounts of another partition, and of the same one
  for (int i = 0; elsewhere.empty() || next_door.empty(); ++i) {
    const std::string account = "account-" + std::to_string(i);
    (murmur2_partition(account, offsets_partitions) == home ? next_door : elsewhere) = account;
  }
  expect_stopped_until_put_back(
      world, "tines", "account", {elsewhere, next_door},
      {"cursor of " + source + " lies in partition " + std::to_string(home) + " under account " + source,
       "auditstream cursors move " + source});
}

TEST(Change, AnotherNamespaceStopsTheSourceUntilItIsPutBack) {
  World world(
      {.vendors = {"endorlabs", "tines"}, .like = "\"history\":200,\"history_span\":\"72h\",\"rate\":10"});
  const std::string source = World::source("endorlabs");
  expect_stopped_until_put_back(
      world, "endorlabs", "namespace", {"acme.child"},
      {source, "namespace have changed", "a new name", "cursors reset " + source, "cursors move " + source});
}

TEST(Change, AnotherBackfillStartIsIgnoredAndSaidOnce) {
  World world({.like = "\"history\":400,\"history_span\":\"72h\",\"rate\":5"});
  const Time start = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const Time since = start - 48h;
  const auto wanted = [&](const std::string& line) { return time_of(line) >= since; };
  world.config["defaults"]["backfill_start_time"] = format_rfc3339(since);
  auto run = world.start();
  world.until_up_to_date(world.vendors(), wanted);
  kill_at_once(*run);
  for (const Time other : {start - 72h, start - 1h}) {
    world.config["defaults"]["backfill_start_time"] = format_rfc3339(other);
    run = world.start();
    world.until_up_to_date(world.vendors(), wanted);
    for (const std::string& vendor : world.vendors()) {
      EXPECT_EQ(World::times_said(*run, vendor, "backfill_ignored"), 1u);
      EXPECT_THAT(said(*run, "backfill_ignored"),
                  AllOf(HasSubstr(format_rfc3339(since)), HasSubstr("cursors reset acme-")));
    }
    drain(*run);
    for (const std::string& vendor : world.vendors())
      EXPECT_EQ(time_in(world.cursor(vendor), "since"), since) << vendor;
  }
  run = world.start();
  world.stop_production();
  for (const std::string& vendor : world.vendors()) {
    world.expect_exactly_once(vendor, wanted);
    EXPECT_EQ(World::times_said(*run, vendor, "backfill_ignored"), 0u);
  }
}

}  // namespace
}  // namespace auditstream::test
