// The log of a process that runs: what its lines carry, and that nothing is written where nothing happens.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <regex>
#include <set>

#include "auditstream/time.h"
#include "e2e/world.h"
#include "support/held_thread.h"

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

// Each line of JSON, which must be whole and say who speaks when. JSON is YAML.
std::vector<YAML::Node> entries_of(const std::string& log) {
  std::vector<YAML::Node> entries;
  for (const std::string& line : lines_of(log)) {
    EXPECT_TRUE(line.starts_with("{") && line.ends_with("}")) << line;
    const YAML::Node entry = YAML::Load(line);
    EXPECT_TRUE(parse_rfc3339(entry["time"].as<std::string>()).ok()) << line;
    EXPECT_THAT(entry["level"].as<std::string>(), testing::AnyOf("debug", "info", "warn", "error")) << line;
    EXPECT_TRUE(std::regex_match(entry["instance"].as<std::string>(), std::regex(".+-[0-9]+"))) << line;
    EXPECT_FALSE(entry["code"].as<std::string>().empty()) << line;
    EXPECT_FALSE(entry["message"].as<std::string>().empty()) << line;
    entries.push_back(entry);
  }
  return entries;
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
  std::size_t refusals = 0;
  std::set<std::string> codes;
  for (const YAML::Node& entry : entries_of(run->err())) {
    const std::string code = entry["code"].as<std::string>();
    codes.insert(code);
    if (code != "unauthorized") continue;
    ++refusals;
    EXPECT_EQ(entry["level"].as<std::string>(), "error");
    EXPECT_EQ(entry["source"].as<std::string>(), "acme-tines");
    EXPECT_EQ(entry["vendor"].as<std::string>(), "tines");
    EXPECT_THAT(entry["window"].as<std::string>(), HasSubstr("Z/"));
  }
  // From the first line, which is about the config, to the last.
  EXPECT_THAT(codes, testing::IsSupersetOf({"config_warning", "starting", "started", "draining", "stopped"}));
  EXPECT_EQ(refusals, 1u);
}

TEST(Log, IsJsonWhereNothingCanBegin) {
  World world({.vendors = {"tines"}});
  world.config["log"]["format"] = "json";
  world.config["topics"]["partitions"] = "many";
  world.source_config("tines")["api_key"] = "in clear";
  world.source_config("tines")["lanes"] = 0;
  const Finished mistaken = world.auditstream({"run"});
  EXPECT_EQ(mistaken.status, 78);
  std::vector<std::string> codes;
  for (const YAML::Node& entry : entries_of(mistaken.err)) codes.push_back(entry["code"].as<std::string>());
  EXPECT_THAT(codes, testing::ElementsAre("config_warning", "config_mistake", "config_mistake"));

  world.config["topics"].remove("partitions");
  world.source_config("tines").remove("lanes");
  const Finished misused = world.auditstream({"run", "--wait-for-kafka", "soon"});
  EXPECT_EQ(misused.status, 64);
  EXPECT_EQ(entries_of(misused.err).back()["code"].as<std::string>(), "usage");
}

// The pipe of a reader who has stopped reading: it is full before anything begins.
class StoppedReader {
 public:
  StoppedReader() {
    if (mkfifo(path().c_str(), 0600) != 0) throw std::runtime_error("mkfifo " + path());
    fd_ = open(path().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    fcntl(fd_, F_SETPIPE_SZ, 4096);
    const std::string junk(4096, '.');
    while (write(fd_, junk.data(), junk.size()) > 0) {
    }
  }
  ~StoppedReader() { close(fd_); }
  StoppedReader(const StoppedReader&) = delete;
  StoppedReader& operator=(const StoppedReader&) = delete;

  std::unique_ptr<Child> start(World& world) const {
    std::vector<std::string> command{"sh", "-c", "exec \"$@\" 2> \"$0\"", path()};
    for (const std::string& argument : world.command({"run"})) command.push_back(argument);
    return std::make_unique<Child>(command);
  }
  // Reads again, whatever is there.
  const std::string& read_on() {
    char buffer[4096];
    for (ssize_t size = 0; (size = read(fd_, buffer, sizeof buffer)) > 0;) {
      seen_.append(buffer, static_cast<std::size_t>(size));
    }
    return seen_;
  }

 private:
  std::string path() const { return directory_.path() / "pipe"; }

  TemporaryDirectory directory_;
  int fd_ = -1;
  std::string seen_;
};

TEST(Log, AReaderWhoStopsReadingStopsNothing) {
  World world({.vendors = {"tines"}});
  world.config["log"]["level"] = "debug";
  StoppedReader reader;
  {
    const auto run = reader.start(world);
    world.until_up_to_date();
    run->signal(SIGTERM);
    EXPECT_EQ(run->wait(30s), 0);
  }
  {
    // Nothing that was said meanwhile is lost, where it is not too much.
    const auto run = reader.start(world);
    world.until_up_to_date();
    until("the log goes on", 30s,
          [&] { return reader.read_on().find("code=committed") != std::string::npos; });
    EXPECT_THAT(reader.read_on(), HasSubstr(" info code=starting "));
    EXPECT_THAT(reader.read_on(), HasSubstr(" info code=started "));
    world.stop_production();
    world.expect_exactly_once();
    run->signal(SIGTERM);
    until("the last line", 30s,
          [&] { return reader.read_on().find(" info code=stopped ") != std::string::npos; });
    EXPECT_EQ(run->wait(30s), 0);
  }
}

TEST(Log, AReaderWhoStopsReadingSavesNoLoopThatHangs) {
  World world({.vendors = {"tines"}});
  const StoppedReader reader;
  const auto run = reader.start(world);
  world.until_up_to_date();
  const HeldThread loop(run->pid());
  EXPECT_EQ(run->wait(40s), 70);
}

}  // namespace
}  // namespace auditstream::test
