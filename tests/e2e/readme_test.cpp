// The README's commands and configs work: blocks marked `yaml` that hold sources are valid, and those marked
// `sh`, one after the other, take a reader from the sources to the first events in a consumer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "e2e/world.h"
#include "paths.h"

namespace auditstream::test {
namespace {

// The fenced blocks of a language, without their fences.
std::vector<std::string> blocks_of(const std::string& language) {
  std::vector<std::string> blocks;
  bool inside = false;
  for (const std::string& line : lines_of(read_file(PROJECT_DIR "/README.md"))) {
    if (inside && line.starts_with("```")) {
      inside = false;
    } else if (inside) {
      blocks.back() += line + "\n";
    } else if (line == "```" + language) {
      inside = true;
      blocks.emplace_back();
    }
  }
  return blocks;
}

TEST(Readme, ConfigsAreValid) {
  int configs = 0;
  for (const std::string& block : blocks_of("yaml")) {
    ASSERT_NO_THROW(YAML::Load(block)) << block;
    if (!YAML::Load(block)["sources"]) continue;
    ++configs;
    const TemporaryDirectory directory;
    const std::filesystem::path path = directory.path() / "auditstream.yaml";
    write_file(path, block);
    Environment environment;
    static const std::regex variable(R"(\$\{env:(\w+)\})");
    for (std::sregex_iterator match(block.begin(), block.end(), variable), end; match != end; ++match) {
      environment[(*match)[1]] = "a-value";
    }
    const Finished check = run_to_end({auditstream_binary(), "check", "--offline", "-c", path}, environment);
    EXPECT_EQ(check.status, 0) << block << check.err;
  }
  EXPECT_GT(configs, 0);
}

// The line as it is run here: in this test's build directory, with its Kafka and its topics.
std::string here(std::string line, const World& world) {
  line = std::regex_replace(line, std::regex(R"((^|\s)build(?=[/\s]|$))"), "$1" BUILD_DIR);
  line = std::regex_replace(line, std::regex("localhost:9092"), world.bootstrap());
  return std::regex_replace(line, std::regex(R"(audit\.tines)"), world.topic("tines"));
}

// The first config of the page, with what differs here: addresses and the names of topics.
void take_first_config(World& world) {
  YAML::Node config = YAML::Load(blocks_of("yaml").at(0));
  config["kafka"]["bootstrap.servers"] = world.bootstrap();
  config["sources"][0]["base_url"] = world.source_config("tines")["base_url"];
  for (const char* const name : {"group", "topics", "offsets", "http"}) config[name] = world.config[name];
  world.config = config;
  world.write_config();
}

TEST(Readme, FirstStepsWorkAsTheyStand) {
  World world({.vendors = {"tines"}, .like = "\"history\":60,\"history_span\":\"48h\",\"rate\":0"});
  const Environment environment{{"PATH", std::string(BUILD_DIR ":") + std::getenv("PATH")},
                                {"TINES_KEY", world.source_config("tines")["api_key"].as<std::string>()}};
  take_first_config(world);
  std::unique_ptr<Child> run;
  int consumed = 0;
  for (const std::string& block : blocks_of("sh")) {
    const bool builds = block.find("cmake") != std::string::npos;
    const std::string folder = builds ? PROJECT_DIR : world.directory.path().string();
    for (const std::string& line : lines_of(block)) {
      SCOPED_TRACE(line);
      const std::string script = "cd '" + folder + "' && exec ";
      if (line.starts_with("auditstream run")) {
        run = std::make_unique<Child>(std::vector<std::string>{"sh", "-c", script + here(line, world)},
                                      environment);
        world.expect_exactly_once();
      } else if (line.starts_with("kcat")) {
        const std::string until_the_end = " -e -q";
        const Finished consumer =
            run_to_end({"sh", "-c", script + here(line, world) + until_the_end}, environment);
        EXPECT_EQ(consumer.status, 0) << consumer.err;
        consumed = static_cast<int>(std::ranges::count(consumer.out, '\n'));
      } else {
        const Finished command =
            run_to_end({"sh", "-c", "cd '" + folder + "' && " + here(line, world)}, environment, 10min);
        EXPECT_EQ(command.status, 0) << command.out << command.err;
      }
    }
  }
  EXPECT_EQ(consumed, 60);
  ASSERT_TRUE(run);
  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(30s), 0) << run->err();
}

TEST(Readme, ScriptsAndTheirOptionsExist) {
  const std::string page = read_file(PROJECT_DIR "/README.md");
  static const std::regex command(R"(\./(script/\w+)((?: --?\w+)*))");
  int commands = 0;
  for (std::sregex_iterator match(page.begin(), page.end(), command), end; match != end;
       ++match, ++commands) {
    const std::string path = std::string(PROJECT_DIR "/") + (*match)[1].str();
    ASSERT_EQ(access(path.c_str(), X_OK), 0) << path;
    std::istringstream options((*match)[2]);
    for (std::string option; options >> option;) EXPECT_THAT(read_file(path), ::testing::HasSubstr(option));
  }
  EXPECT_GT(commands, 2);
}

}  // namespace
}  // namespace auditstream::test
