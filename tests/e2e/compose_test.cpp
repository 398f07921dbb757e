// docker-compose.yml without docker: its simulated vendors and its auditstream, by the command lines and the
// config that they have there, on another Kafka and on other ports.
#include <gtest/gtest.h>
#include <unistd.h>

#include <regex>

#include "e2e/world.h"
#include "paths.h"

namespace auditstream::test {
namespace {

YAML::Node service(const std::string& name) {
  return YAML::LoadFile(PROJECT_DIR "/docker-compose.yml")["services"][name];
}

TEST(Compose, SimulatedVendorsAndAuditstreamGoTogether) {
  const TemporaryDirectory directory;
  const std::filesystem::path port = directory.path() / "port";
  std::vector<std::string> command{BUILD_DIR "/tests/simvendors", "--port-file", port};
  for (const YAML::Node& argument : service("simvendors")["command"]) {
    command.push_back(argument.as<std::string>());
    if (command.end()[-2] == "--port") command.back() = "0";
  }
  Child simvendors(command);
  until("simvendors listens", 20s, [&] { return !simvendors.running() || std::filesystem::exists(port); });
  ASSERT_TRUE(simvendors.running()) << simvendors.err();

  const std::string name = "compose-" + std::to_string(getpid());
  const auto with_ports = [&](const std::string& file) {
    std::string text = read_file(PROJECT_DIR "/config/compose/" + file);
    text = std::regex_replace(text, std::regex("127.0.0.1:8090"),
                              "127.0.0.1:" + lines_of(read_file(port)).at(0));
    text = std::regex_replace(text, std::regex("/run/secrets/"), PROJECT_DIR "/config/compose/secrets/");
    return std::regex_replace(text, std::regex("kafka:29092"), Broker::shared());
  };
  write_file(directory.path() / "sources.yaml", with_ports("sources.yaml"));
  YAML::Node config = YAML::Load(with_ports("auditstream.yaml"));
  config["group"] = name;
  config["http"]["listen"] = "127.0.0.1:0";
  config["topics"]["events"] = name + ".{vendor}";
  config["topics"]["dead_letters"] = name + ".{vendor}.dlq";
  config["offsets"]["topic"] = name + "-offsets";
  write_file(directory.path() / "auditstream.yaml", YAML::Dump(config));

  Child run({auditstream_binary(), "run", "-c", directory.path() / "auditstream.yaml"});
  for (const std::string& vendor : all_vendors) {
    until("events of " + vendor + " arrive", 90s,
          [&] { return run.running() && !read_topic(Broker::shared(), name + "." + vendor).empty(); });
  }
  drain(run);
}

}  // namespace
}  // namespace auditstream::test
