// The config is read again while the process runs: sources come, go and change; a mistake changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Reload : public ::testing::Test {
 protected:
  Reload() : world({.vendors = {"tines", "workato"}}) {}

  void remove_source(const std::string& vendor) {
    YAML::Node kept(YAML::NodeType::Sequence);
    for (const YAML::Node& source : world.config["sources"]) {
      if (source["vendor"].as<std::string>() != vendor) kept.push_back(source);
    }
    world.config["sources"] = kept;
  }
  void reload() {
    world.write_config();
    run->signal(SIGHUP);
  }
  void until_said(const std::string& text) {
    until("it says: " + text, 20s, [&] { return run->err().find(text) != std::string::npos; });
  }

  World world;
  std::unique_ptr<Child> run;
};

TEST_F(Reload, SourcesComeGoAndChange) {
  const YAML::Node tines = YAML::Clone(world.source_config("tines"));
  remove_source("tines");
  run = world.start();
  world.until_up_to_date({"workato"});
  EXPECT_EQ(world.requests("tines"), 0u);

  world.config["sources"].push_back(tines);
  reload();
  until_said("1 added (acme-tines)");
  world.until_up_to_date({"tines", "workato"});

  world.source_config("tines")["page_size"] = 7;
  reload();
  until_said("1 changed (acme-tines)");
  world.until_up_to_date({"tines", "workato"});

  remove_source("tines");
  reload();
  until_said("1 removed (acme-tines)");
  const std::uint64_t asked = world.requests("tines");
  world.until_up_to_date({"workato"});
  EXPECT_LE(world.requests("tines"), asked + 1) << "one may have been on its way";

  world.config["sources"].push_back(tines);
  reload();
  until_said("config was read again: 1 added (acme-tines)");
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

TEST_F(Reload, AMistakeChangesNothingAndSaysWhere) {
  run = world.start();
  world.until_up_to_date();
  const YAML::Node good = YAML::Clone(world.config);
  world.source_config("tines")["poll_interval"] = "soon";
  remove_source("workato");
  reload();
  until_said("nothing has changed");
  EXPECT_THAT(run->err(), HasSubstr("sources[0].poll_interval"));
  EXPECT_THAT(run->err(), HasSubstr("auditstream.yaml:"));
  world.until_up_to_date({"workato"});
  world.config = good;
  reload();
  until_said("no source has changed");
  world.stop_production();
  world.expect_exactly_once();
  EXPECT_TRUE(run->running());
}

TEST_F(Reload, OutsideTheSourcesARestartIsAskedFor) {
  run = world.start();
  world.until_up_to_date();
  world.config["log"]["level"] = "debug";
  world.config["offsets"]["partitions"] = 5;
  reload();
  until_said("no source has changed");
  EXPECT_THAT(run->err(), HasSubstr("offsets: has changed, which needs a restart"));
  EXPECT_THAT(run->err(), HasSubstr("log: has changed, which needs a restart"));
  world.config["topics"]["events"] = world.topic("{vendor}") + ".other";
  reload();
  until_said("topics: has changed, and all instances of the group must agree on it");
  world.until_up_to_date();
}

TEST_F(Reload, AChangedIncludeFolderIsEnough) {
  const std::filesystem::path folder = world.directory.path() / "sources.d";
  std::filesystem::create_directories(folder);
  YAML::Node file(YAML::NodeType::Sequence);
  file.push_back(YAML::Clone(world.source_config("tines")));
  remove_source("tines");
  world.config["include"].push_back("sources.d/*.yaml");
  run = world.start();
  world.until_up_to_date({"workato"});

  write_file(folder / "tines.yaml", YAML::Dump(file) + "\n");
  until_said("1 added (acme-tines)");
  world.until_up_to_date({"tines"});

  write_file(folder / "tines.yaml", "- name: acme-tines\n  vendor: tones\n");
  until_said("nothing has changed");
  EXPECT_THAT(run->err(), HasSubstr("tines.yaml:2: sources[0].vendor"));
  world.until_up_to_date({"tines"});

  std::filesystem::remove(folder / "tines.yaml");
  until_said("1 removed (acme-tines)");
  world.until_up_to_date({"workato"});
  EXPECT_TRUE(run->running());
}

// Kubernetes keeps a ConfigMap as links to a folder of its version, and swaps the link to that folder.
TEST_F(Reload, AConfigMapThatIsSwappedIsEnough) {
  const std::filesystem::path mounted = world.directory.path() / "mounted";
  const auto swap = [&](const std::string& version) {
    std::filesystem::create_directories(mounted / version);
    write_file(mounted / version / "auditstream.yaml", YAML::Dump(world.config) + "\n");
    std::filesystem::create_directory_symlink(version, mounted / "..data_tmp");
    std::filesystem::rename(mounted / "..data_tmp", mounted / "..data");
  };
  const YAML::Node all = YAML::Clone(world.config);
  remove_source("tines");
  swap("..1");
  std::filesystem::create_symlink("..data/auditstream.yaml", mounted / "auditstream.yaml");
  run = std::make_unique<Child>(
      std::vector<std::string>{auditstream_binary(), "run", "-c", mounted / "auditstream.yaml"});
  world.until_up_to_date({"workato"});

  world.config = YAML::Clone(all);
  world.source_config("tines")["vendor"] = "tones";
  swap("..2");
  until_said("nothing has changed");
  EXPECT_THAT(run->err(), HasSubstr("sources[0].vendor"));
  world.until_up_to_date({"workato"});

  world.config = all;
  swap("..3");
  until_said("1 added (acme-tines)");
  world.stop_production();
  world.expect_exactly_once();
  const std::string err = run->err();
  EXPECT_EQ(err.find("config_refused", err.find("config_refused") + 1), std::string::npos) << "said once:\n"
                                                                                           << err;
  drain(*run);
}

// Another instance, or an earlier config, knows it.
TEST_F(Reload, ACursorWithoutSourceIsSaidOnce) {
  run = world.start();
  world.until_up_to_date();
  remove_source("tines");
  drain(*run);
  run = world.start();
  world.until_up_to_date({"workato"});
  EXPECT_THAT(run->err(), HasSubstr("there is a cursor of acme-tines"));
  EXPECT_THAT(run->err(), Not(HasSubstr("there is a cursor of acme-workato")));
}

// Nobody tells the process: the file is read with each poll, and after a refusal at most once a minute.
TEST_F(Reload, ARotatedSecretIsPickedUpWithoutOne) {
  const TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "key";
  const auto key = world.source_config("tines")["api_key"].as<std::string>();
  write_file(file, "not yet the right one\n");
  world.source_config("tines")["api_key"] = "${file:" + file.string() + "}";
  run = world.start();
  until_said("code=unauthorized");
  write_file(file, key + "\n");
  until("it is asked again", 120s, [&] { return run->err().find("code=recovered") != std::string::npos; });
  world.until_up_to_date({"tines"});
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

}  // namespace
}  // namespace auditstream::test
