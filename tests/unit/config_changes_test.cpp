// What a reload finds changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/changes.h"
#include "unit/config_text.h"

namespace auditstream::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<const Source> source(const std::string& name, const std::string& ca_file = "") {
  auto source = std::make_shared<Source>();
  source->name = name;
  source->route = std::make_shared<const http::Route>(http::Route{.ca_file = ca_file, .proxy = ""});
  return source;
}

TEST(ConfigChanges, AreNoneWhereEverythingReadsTheSame) {
  const std::vector before{source("a"), source("b")};
  std::vector after{source("b"), source("a")};
  const SourceChanges changes = compare_sources(before, after);
  EXPECT_TRUE(changes.none());
  EXPECT_EQ(changes.text(), "no source has changed");
  EXPECT_THAT(after, ElementsAre(before[1], before[0])) << "the same objects";
}

TEST(ConfigChanges, AreToldByName) {
  const std::vector before{source("a"), source("b"), source("c", "ca.pem")};
  auto slower = std::make_shared<Source>(*before[1]);
  slower->poll_interval = 1h;
  std::vector<std::shared_ptr<const Source>> after{slower, source("c", "another.pem"), source("d")};
  const SourceChanges changes = compare_sources(before, after);
  EXPECT_THAT(changes.added, ElementsAre("d"));
  EXPECT_THAT(changes.changed, ElementsAre("b", "c"));
  EXPECT_THAT(changes.removed, ElementsAre("a"));
  EXPECT_EQ(changes.text(), "1 added (d), 2 changed (b, c), 1 removed (a)");
  EXPECT_EQ(after[0], slower);
}

TEST(ConfigChanges, NameFiveAtMost) {
  std::vector<std::shared_ptr<const Source>> after;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) after.push_back(source(name));
  EXPECT_EQ(compare_sources({}, after).text(), "6 added (a, b, c, d, e, ...)");
}

TEST(ConfigChanges, OutsideTheSourcesNeedARestart) {
  const Config before;
  Config after = before;
  EXPECT_THAT(needing_restart(before, after), IsEmpty());
  after.group = "another";
  after.kafka["bootstrap.servers"] = "elsewhere:9092";
  after.offsets.partitions = 3;
  after.heartbeats.emplace();
  after.http.listen = "off";
  after.metrics.per_source = false;
  after.log.level = "debug";
  EXPECT_THAT(needing_restart(before, after),
              ElementsAre("group", "kafka", "offsets", "heartbeats", "http", "metrics", "log"));
}

TEST(IncludeStamp, ChangesWithTheFilesAndOnlyWithThem) {
  const ConfigFolder folder;
  const std::string config = folder.write("auditstream.yaml", "");
  const std::vector<std::string> include{"sources.d/*.yaml", "one.yaml"};
  std::string stamp = config_stamp(config, include);
  const auto changed = [&] {
    const std::string now = config_stamp(config, include);
    return now != std::exchange(stamp, now);
  };
  EXPECT_FALSE(changed());
  folder.write("sources.d/a.yaml", "- name: a");
  EXPECT_TRUE(changed());
  EXPECT_FALSE(changed());
  folder.write("sources.d/a.yaml", "- name: abc");
  EXPECT_TRUE(changed());
  folder.write("sources.d/a.txt", "not included");
  EXPECT_FALSE(changed());
  folder.write("one.yaml", "");
  EXPECT_TRUE(changed());
  std::filesystem::remove(folder.path("sources.d/a.yaml"));
  EXPECT_TRUE(changed());
}

}  // namespace
}  // namespace auditstream::config
