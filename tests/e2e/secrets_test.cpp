// Secrets go to the origin they were given for and to nothing else: no output, no command line, no core dump.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void expect_no_secret(const World& world, const std::string& text, const std::string& where) {
  for (const std::string& secret : world.secrets()) EXPECT_THAT(text, Not(HasSubstr(secret))) << where;
}

TEST(Secrets, AppearInNoOutputNorOnTheCommandLine) {
  Tenants tenants;
  tenants.like = "\"history\":50,\"history_span\":\"48h\",\"rate\":1,\"faults\":0.2,\"slow_by\":\"200ms\"";
  World world(tenants);
  world.config["log"]["level"] = "debug";
  world.control("{\"vendor\":\"workato\",\"set\":{\"refuse\":401}}");
  const auto run = world.start();
  for (const std::string vendor : {"tines", "endorlabs"}) {
    until("events of " + vendor, 60s, [&] { return world.compare_with_topic(vendor).kafka_has > 0; });
  }
  expect_no_secret(world, read_file("/proc/" + std::to_string(run->pid()) + "/cmdline"), "the command line");
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"check"},
                                             {"check", "--json"},
                                             {"cursors", "list", "--json"},
                                             {"read", "acme-workato", "--from", "-1d"}}) {
    const Finished finished = world.auditstream(arguments);
    expect_no_secret(world, finished.out + finished.err, ::testing::PrintToString(arguments));
  }
  world.source_config("tines")["region"] = "eu";
  const Finished mistaken = world.auditstream({"check", "--offline"});
  EXPECT_EQ(mistaken.status, 78);
  expect_no_secret(world, mistaken.out + mistaken.err, "a config mistake");

  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(30s), 0);
  EXPECT_NE(run->err(), "");
  expect_no_secret(world, run->out() + run->err(), "the log");
  for (const std::string& topic : world.topics()) {
    for (const Record& record : read_topic(world.bootstrap(), topic)) {
      expect_no_secret(world, record.value.value_or(""), topic);
    }
  }
  for (const Record& record : read_topic(world.bootstrap(), world.offsets_topic())) {
    expect_no_secret(world, record.value.value_or(""), "cursors");
  }
}

TEST(Secrets, AnEmptyFileOfOneSourceStopsNoOther) {
  World world(
      {.vendors = {"tines", "workato"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":1"});
  const std::filesystem::path file = world.directory.path() / "key";
  const auto key = world.source_config("tines")["api_key"].as<std::string>();
  write_file(file, "");
  world.source_config("tines")["api_key"] = "${file:" + file.string() + "}";
  const Finished checked = world.auditstream({"check", "--offline"});
  EXPECT_EQ(checked.status, 78) << "who asks beforehand wants to know";
  EXPECT_THAT(checked.err, HasSubstr(".api_key: ${file:" + file.string() + "} is empty"));

  const auto run = world.start();
  world.until_up_to_date({"workato"});
  EXPECT_THAT(run->err(), HasSubstr(".api_key: ${file:" + file.string() + "} is empty"));
  EXPECT_EQ(world.compare_with_topic("tines").kafka_has, 0u);
  write_file(file, key);
  world.until_up_to_date({"tines"});
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

// Runs the command with core dumps allowed and ends it with SIGSEGV.
bool dumps_core(std::vector<std::string> command, const TemporaryDirectory& directory, World* world) {
  const std::string script = "ulimit -c unlimited && cd \"$1\" && shift && exec \"$@\"";
  command.insert(command.begin(), {"sh", "-c", script, "sh", directory.path()});
  Child child(command);
  if (world != nullptr) {
    until("it commits", 60s, [&] { return world->compare_with_topic("tines").kafka_has > 0; });
  } else {
    until("it runs", 20s, [&] { return child.out() == "up\n"; });
  }
  child.signal(SIGSEGV);
  EXPECT_EQ(child.wait(30s), 128 + SIGSEGV);
  return child.dumped_core();
}

TEST(Secrets, LeaveNoCoreDump) {
  World world({.vendors = {"tines"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":1"});
  EXPECT_FALSE(dumps_core(world.command({"run"}), world.directory, &world));
  // The other half of the proof: here any other program would have left one.
  if (!dumps_core({"sh", "-c", "echo up; read forever < /dev/zero"}, world.directory, nullptr)) {
    GTEST_SKIP() << "this machine writes no core dumps at all";
  }
}

}  // namespace
}  // namespace auditstream::test
