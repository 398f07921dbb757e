// Configs that the binary must refuse before it touches anything, and those that come with the project.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <set>

#include "e2e/world.h"
#include "paths.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Config, EveryMistakeIsToldAtOnceAndNothingIsStarted) {
  World world({.vendors = {"tines", "floqast"}});
  world.source_config("floqast")["region"] = "uk";
  world.source_config("tines")["poll_intervall"] = "30s";
  world.source_config("tines")["poll_interval"] = "30";
  world.config["kafka"]["acks"] = "1";
  world.config["topics"]["partitions"] = "many";
  const Finished run = world.auditstream({"run"});
  EXPECT_EQ(run.status, exit_config);
  EXPECT_EQ(run.out, "");
  for (const char* part : {"region", "\"uk\"", "us, eu, au", "poll_intervall", "did you mean", "acks",
                           "partitions", "auditstream.yaml:"}) {
    EXPECT_THAT(run.err, HasSubstr(part));
  }
  EXPECT_EQ(world.auditstream({"check"}).status, exit_config);
  EXPECT_EQ(world.auditstream({"read", "acme-tines", "--from", "-1d"}).status, exit_config);
  EXPECT_TRUE(read_topic(world.bootstrap(), world.offsets_topic()).empty());
  EXPECT_THAT(world.stats(), HasSubstr("\"requests\":0,"));
  EXPECT_THROW(topic_property(world.bootstrap(), world.offsets_topic(), "cleanup.policy"),
               std::runtime_error);

  const Finished missing =
      run_to_end({auditstream_binary(), "run", "-c", world.directory.path() / "none.yaml"});
  EXPECT_EQ(missing.status, exit_config);
  EXPECT_THAT(missing.err, HasSubstr("none.yaml"));
}

TEST(Config, SourcesComeFromIncludedFilesToo) {
  World world(
      {.vendors = {"tines", "workato"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":0"});
  YAML::Node sources;
  sources.push_back(YAML::Clone(world.source_config("workato")));
  world.config["sources"] = YAML::Load("[]");
  for (const YAML::Node& source : YAML::LoadFile(world.directory.path() / "written.yaml")["sources"]) {
    if (source["vendor"].as<std::string>() == "tines") world.config["sources"].push_back(source);
  }
  world.config["include"].push_back("sources.d/*.yaml");
  std::filesystem::create_directory(world.directory.path() / "sources.d");
  write_file(world.directory.path() / "sources.d" / "workato.yaml", YAML::Dump(sources));
  const auto run = world.start();
  world.expect_exactly_once();
}

TEST(Config, AnOffsetsTopicThatWouldForgetCursorsIsRefused) {
  World world({.vendors = {"tines"}});
  create_topic(world.bootstrap(), world.offsets_topic(), 3, {{"cleanup.policy", "delete"}});
  const Finished run = world.auditstream({"run"});
  EXPECT_EQ(run.status, exit_config) << run.err;
  EXPECT_THAT(run.err, HasSubstr(world.offsets_topic()));
  EXPECT_THAT(run.err, HasSubstr("cleanup.policy"));
  EXPECT_EQ(world.auditstream({"check"}).status, exit_config);
}

TEST(Config, AnOffsetsTopicWithAnotherPartitionCountIsRefused) {
  World world({.vendors = {"tines"}});
  create_topic(world.bootstrap(), world.offsets_topic(), 5, {{"cleanup.policy", "compact"}});
  const Finished run = world.auditstream({"run"});
  EXPECT_EQ(run.status, exit_config) << run.err;
  EXPECT_THAT(run.err, HasSubstr(world.offsets_topic()));
  EXPECT_THAT(run.err, HasSubstr("5"));
  EXPECT_EQ(world.auditstream({"check"}).status, exit_config);
}

// Compaction would keep one event of each actor.
TEST(Config, ACompactedEventTopicIsRefusedUnlessTheKeyIsTheId) {
  World world({.vendors = {"tines"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":0"});
  create_topic(world.bootstrap(), world.topic("tines"), 2, {{"cleanup.policy", "compact"}});
  world.source_config("tines")["key"] = "actor";
  const Finished run = world.auditstream({"run"});
  EXPECT_EQ(run.status, exit_config) << run.err;
  const Finished check = world.auditstream({"check"});
  EXPECT_EQ(check.status, exit_config) << check.out;
  for (const std::string& text : {run.err, check.out}) {
    EXPECT_THAT(text, AllOf(HasSubstr(world.topic("tines")), HasSubstr(World::source("tines")),
                            HasSubstr("key: actor"), HasSubstr("set key: id"),
                            HasSubstr("--add-config cleanup.policy=delete")));
  }
  EXPECT_TRUE(read_topic(world.bootstrap(), world.topic("tines")).empty());

  world.source_config("tines")["key"] = "id";
  EXPECT_EQ(world.auditstream({"check"}).status, 0);
  const auto by_id = world.start();
  world.expect_exactly_once();
  // A reload is refused, too, and what runs goes on.
  world.source_config("tines")["key"] = "source";
  world.write_config();
  by_id->signal(SIGHUP);
  until("the refusal", 30s, [&] { return by_id->err().find(" code=config_refused ") != std::string::npos; });
  EXPECT_THAT(by_id->err(), HasSubstr("would destroy the log"));
  drain(*by_id);
}

// A value for every ${env:NAME} without a fallback in the text. Of some librdkafkas SCRAM gives a warning.
Environment environment_for(const std::string& text) {
  Environment environment{{"KAFKA_SASL_MECHANISM", "PLAIN"}};
  for (std::size_t at = text.find("${env:"); at != text.npos; at = text.find("${env:", at + 1)) {
    const std::string name = text.substr(at + 6, text.find('}', at) - at - 6);
    if (name.find(':') == name.npos) environment[name] = "a-value";
  }
  return environment;
}

TEST(Config, EveryExampleIsValid) {
  std::set<std::string> seen;
  for (const auto& entry : std::filesystem::directory_iterator(PROJECT_DIR "/config")) {
    if (entry.path().extension() != ".yaml") continue;
    seen.insert(entry.path().stem());
    const Finished check = run_to_end({auditstream_binary(), "check", "--offline", "-c", entry.path()},
                                      environment_for(read_file(entry.path())));
    EXPECT_EQ(check.status, 0) << entry.path() << "\n" << check.err;
    EXPECT_EQ(check.err, "") << entry.path();
  }
  std::set<std::string> expected(all_vendors.begin(), all_vendors.end());
  expected.insert({"auditstream", "msk_iam", "oauth", "sasl_ssl"});
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace auditstream::test
