// What a consumer finds: each event of every vendor once, as it came, with its headers, key and time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "auditstream/json.h"
#include "auditstream/time.h"
#include "base/hash.h"
#include "e2e/world.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Truth lines by id.
std::map<std::string, std::string> by_id(const std::string& ndjson) {
  std::map<std::string, std::string> lines;
  for (const std::string& line : lines_of(ndjson)) lines[json::scalar_at(line, "/id").value()] = line;
  return lines;
}

void expect_record_of_event(const Record& record, const std::string& vendor, const std::string& truth) {
  const auto time = parse_event_time(json::scalar_at(truth, "/time").value()).value();
  const auto id = json::scalar_at(truth, "/id").value();
  EXPECT_EQ(record.value, json::scalar_at(truth, "/raw"));
  EXPECT_EQ(record.key, id);
  EXPECT_EQ(record.timestamp_ms,
            std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count());
  EXPECT_EQ(record.header("ce_specversion"), "1.0");
  EXPECT_EQ(record.header("ce_id"), id);
  EXPECT_EQ(record.header("ce_source"), "urn:auditstream:" + vendor + ":" + World::source(vendor));
  EXPECT_EQ(record.header("ce_type"), "auditstream." + vendor + ".event");
  EXPECT_EQ(record.header("content-type"), "application/json");
  EXPECT_EQ(parse_event_time(record.header("ce_time")), time) << record.header("ce_time");
}

TEST(Delivery, EveryVendorsBackfillAndLiveEventsArriveOnceAsTheyCame) {
  World world;
  const auto run = world.start();
  for (const std::string& vendor : world.vendors()) {
    until("live events of " + vendor, 90s, [&] { return world.compare_with_topic(vendor).kafka_has > 320; });
  }
  world.stop_production();
  world.expect_exactly_once();

  for (const std::string& vendor : world.vendors()) {
    const auto truth = by_id(world.truth(vendor));
    for (const Record& record : read_topic(world.bootstrap(), world.topic(vendor))) {
      const auto event = truth.find(record.key.value_or(""));
      ASSERT_NE(event, truth.end()) << vendor;
      expect_record_of_event(record, vendor, event->second);
      if (HasFailure()) return;
    }
    EXPECT_TRUE(read_topic(world.bootstrap(), world.dead_letter_topic(vendor)).empty()) << vendor;
  }
  EXPECT_THAT(world.stats(), Not(HasSubstr("\"bad_requests\":1")));
  EXPECT_EQ(topic_property(world.bootstrap(), world.topic("tines"), "retention.ms"), "-1");
  EXPECT_EQ(topic_property(world.bootstrap(), world.offsets_topic(), "cleanup.policy"), "compact");

  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(30s), 0) << run->err();
}

// The word behind a name on the vendor's page of `auditstream vendors`.
std::string told_of(const std::string& vendor, const std::string& name) {
  const Finished page = run_to_end({auditstream_binary(), "vendors", vendor});
  std::smatch found;
  if (!std::regex_search(page.out, found, std::regex("\n  " + name + " +(\\S+)")))
    throw std::runtime_error(vendor + " tells no " + name + ": " + page.out);
  return found[1];
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

TEST(Delivery, EventsSayWhatHappenedAndMayBeKeyedByTheirActor) {
  World world({.like = "\"history\":200,\"history_span\":\"72h\",\"rate\":0"});
  world.config["defaults"]["key"] = "actor";
  const auto run = world.start();
  world.expect_exactly_once();
  for (const std::string& vendor : world.vendors()) {
    const std::string action = told_of(vendor, "auditstream_action");
    const std::size_t digits = std::stoul(told_of(vendor, "ce_time"));
    std::map<std::string, std::set<std::int32_t>> partitions;
    std::size_t by_actor = 0;
    const std::vector<Record> records = read_topic(world.bootstrap(), world.topic(vendor));
    for (const Record& record : records) {
      SCOPED_TRACE(vendor + " " + record.value.value_or(""));
      const std::string key = record.key.value_or("");
      partitions[key].insert(record.partition);
      EXPECT_EQ(record.header("auditstream_action"), json::scalar_at(*record.value, action).value_or(""));
      EXPECT_EQ(record.header("ce_time").size(), std::string("2026-11-20T12:00:00.Z").size() + digits);
      if (key == record.header("ce_id")) continue;
      ++by_actor;
      EXPECT_THAT(lower(*record.value), HasSubstr(lower(key)));
    }
    EXPECT_EQ(by_actor, records.size()) << vendor;
    EXPECT_LT(partitions.size(), records.size() / 4) << vendor;
    for (const auto& [key, of_key] : partitions) EXPECT_EQ(of_key.size(), 1u) << vendor << " " << key;
  }
}

TEST(Delivery, VendorsWithEverythingOddAboutThemStillDeliverOnce) {
  Tenants tenants;
  tenants.like =
      "\"history\":600,\"history_span\":\"72h\",\"rate\":10,\"burst_every\":100,\"burst_size\":40,\"late_"
      "share\":0.1,"
      "\"late_max\":\"5s\",\"order\":\"unsorted\",\"null_as_text\":true,\"self_feeding\":true,\"redirect_"
      "over\":50,"
      "\"faults\":0.1,\"slow_by\":\"300ms\",\"token_lifetime\":\"20s\"";
  World world(tenants);
  const auto run = world.start();
  for (const std::string& vendor : world.vendors()) {
    until("live events of " + vendor, 60s, [&] { return world.compare_with_topic(vendor).kafka_has > 650; });
  }
  world.stop_production();
  world.expect_exactly_once(180s);
  EXPECT_THAT(world.stats(), Not(HasSubstr("\"leaked\":1")));
}

TEST(Delivery, WhatCannotBeAnEventIsDeadLetteredOnceWithTheReason) {
  Tenants tenants;
  tenants.vendors = {"tines", "captivateiq"};
  tenants.like =
      "\"history\":400,\"history_span\":\"72h\",\"rate\":2,\"flaw_share\":0.05,\"malformed_share\":0.02";
  World world(tenants);
  const auto run = world.start();
  world.expect_exactly_once();
  world.stop_production();
  world.expect_exactly_once();

  for (const std::string& vendor : world.vendors()) {
    std::map<std::pair<std::string, std::string>, int> expected;  // hash of the bytes, reason -> how often
    std::size_t malformed = 0;
    for (const auto& [id, line] : by_id(world.truth(vendor))) {
      const bool is_malformed = json::scalar_at(line, "/malformed") == "true";
      if (is_malformed) ++malformed;
      if (!is_malformed && json::scalar_at(line, "/time")) continue;
      ++expected[{json::scalar_at(line, "/hash").value(),
                  is_malformed ? "malformed_json" : "unreadable_time"}];
    }
    ASSERT_GT(malformed, 0u) << vendor;
    ASSERT_GT(expected.size(), malformed) << vendor;
    std::map<std::pair<std::string, std::string>, int> dead;
    until("dead letters of " + vendor, 60s, [&] {
      dead.clear();
      for (const Record& record : read_topic(world.bootstrap(), world.dead_letter_topic(vendor))) {
        ++dead[{hash_hex(record.value.value_or("")), std::string(record.header("auditstream_error"))}];
        EXPECT_NE(record.header("auditstream_error_detail"), "");
        EXPECT_TRUE(parse_event_time(record.header("auditstream_error_at")));
      }
      return dead.size() >= expected.size();
    });
    EXPECT_EQ(dead, expected) << vendor;
  }
}

TEST(Delivery, KeysCanBeTheSourceOrAFieldOfTheEvent) {
  Tenants tenants;
  tenants.vendors = {"tines", "workato"};
  tenants.like = "\"history\":100,\"history_span\":\"48h\",\"rate\":0";
  World world(tenants);
  world.source_config("tines")["key"] = "/user_id";
  world.source_config("workato")["key"] = "source";
  const auto run = world.start();
  world.expect_exactly_once();
  for (const Record& record : read_topic(world.bootstrap(), world.topic("tines"))) {
    EXPECT_EQ(record.key, json::scalar_at(record.value.value_or(""), "/user_id").value_or("none"));
  }
  for (const Record& record : read_topic(world.bootstrap(), world.topic("workato"))) {
    EXPECT_EQ(record.key, World::source("workato"));
  }
}

// Kafka's time retention counts from the record's timestamp: under the broker's 7 days a backfill would be
// deleted soon after it was written. That this broker does so shows the topic of the second world, which
// keeps a minute.
TEST(Delivery, ABackfillOlderThanTheBrokersRetentionStaysComplete) {
  Tenants tenants;
  tenants.vendors = {"tines"};
  tenants.like = "\"history\":200,\"history_span\":\"720h\",\"rate\":0";
  World world(tenants);
  World forgetful(tenants);
  forgetful.config["topics"]["config"]["retention.ms"] = "1000";
  const auto run = world.start();
  const auto other = forgetful.start();
  world.expect_exactly_once();
  until("cursors of the other world", 60s, [&] {
    return forgetful.auditstream({"cursors", "list", "--json"}).out.find("\"published\":200") !=
           std::string::npos;
  });
  until("its topic has lost records", 120s,
        [&] { return forgetful.compare_with_topic("tines").missing > 100; });
  EXPECT_THAT(other->err(), HasSubstr("retention.ms"));
  world.expect_exactly_once();
}

}  // namespace
}  // namespace auditstream::test
