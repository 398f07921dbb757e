// A cursor's record that this version can't use stops its source, with the remedy, and no other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "base/hash.h"
#include "e2e/asking.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Spoilt {
  const char* name;
  const char* record;
  const char* said;
};

class CursorRecords : public ::testing::Test {
 protected:
  // As a stranger with a console producer would.
  void write(const std::string& value) {
    const std::filesystem::path file = world.directory.path() / "record";
    write_file(file, source + "|" + value);
    const int partition = murmur2_partition(source, offsets_partitions);
    const Finished done = run_to_end({"kcat", "-P", "-b", world.bootstrap(), "-t", world.offsets_topic(),
                                      "-p", std::to_string(partition), "-K", "|", "-l", file});
    ASSERT_EQ(done.status, 0) << done.err;
  }
  std::string last_record() {
    std::string value;
    for (const Record& record : read_topic(world.bootstrap(), world.offsets_topic())) {
      if (record.key == source) value = record.value.value_or("");
    }
    return value;
  }

  World world{{.vendors = {"tines", "workato"}}};
  const std::string source = World::source("tines");
};

class CursorRecord : public CursorRecords, public ::testing::WithParamInterface<Spoilt> {};

TEST_P(CursorRecord, StopsThatSourceOnly) {
  auto run = world.start();
  world.until_up_to_date();
  drain(*run);
  const std::string good = last_record();
  write(GetParam().record);

  run = world.start();
  world.until_up_to_date({"workato"});
  EXPECT_EQ(World::times_said(*run, "tines", "source_stopped"), 1u);
  EXPECT_THAT(run->err(), HasSubstr(GetParam().said));
  EXPECT_THAT(run->err(), HasSubstr("auditstream cursors show " + source));
  EXPECT_THAT(run->err(), HasSubstr("auditstream cursors reset " + source));
  drain(*run);
  EXPECT_EQ(last_record(), GetParam().record) << "it is left as it was found";

  write(good);
  run = world.start();
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
}

INSTANTIATE_TEST_SUITE_P(
    Records, CursorRecord,
    ::testing::Values(Spoilt{"NotJson", "{", "can't be used"},
                      Spoilt{"NewerVersion", R"({"version":2,"source":"acme-tines"})", "it has version 2"},
                      Spoilt{"WithoutAWatermark", R"({"version":1,"source":"acme-tines"})", "can't be used"}),
    [](const auto& info) { return info.param.name; });

TEST_F(CursorRecords, AHundredThousandOfOthersAreOneLine) {
  auto run = world.start();
  world.until_up_to_date();
  drain(*run);
  const std::string good = last_record();
  std::string records;
  for (int i = 0; i < 100'000; ++i)
    records += "stranger-" + std::to_string(i) + "|" +
               std::regex_replace(good, std::regex(source), "stranger-" + std::to_string(i)) + "\n";
  const std::filesystem::path file = world.directory.path() / "records";
  write_file(file, records);
  const Finished done = run_to_end(
      {"kcat", "-P", "-b", world.bootstrap(), "-t", world.offsets_topic(), "-K", "|", "-l", file}, {}, 60s);
  ASSERT_EQ(done.status, 0) << done.err;

  run = world.start();
  world.until_up_to_date();
  const auto lines = lines_of(run->err());
  EXPECT_EQ(std::ranges::count_if(lines,
                                  [](const std::string& line) {
                                    return line.find(" code=cursor_without_source ") != std::string::npos;
                                  }),
            1);
  EXPECT_LT(run->err().size(), 50'000u);
  const Finished check = world.auditstream({"check"});
  EXPECT_LT(check.out.size() + check.err.size(), 10'000u) << check.out.substr(0, 2000);
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

TEST_F(CursorRecords, HowLateEventsAppearIsKeptAndAdviceIsGiven) {
  auto run = world.start();
  world.until_up_to_date();
  drain(*run);
  const std::string counted = "\"dead_letters\":0,";
  write(std::regex_replace(last_record(), std::regex(counted), counted + "\"lateness_seconds\":400,"));
  EXPECT_THAT(world.auditstream({"check"}).out, HasSubstr("overlap: 20m is advised instead of 10m"));
  run = world.start();
  world.until_up_to_date();
  for (const YAML::Node& each : get(*run, "/sources")["sources"]) {
    const bool late = each["name"].as<std::string>() == source;
    EXPECT_EQ(each["lateness_seconds"].as<int>() >= 400, late);
    EXPECT_EQ(each["overlap_advised"].IsNull(), !late);
  }
  const Finished status = run_to_end({auditstream_binary(), "status", "--once", "--url", url_of(*run)});
  EXPECT_THAT(status.out, AllOf(HasSubstr("OVERLAP"), HasSubstr("20m advised")));
  drain(*run);
  EXPECT_THAT(last_record(), HasSubstr("\"lateness_seconds\":400"));
}

// Whoever wrote it had a wrong clock. Nothing would be published for years, and all would look well.
TEST_F(CursorRecords, OneInTheFutureStopsItsSourceOnly) {
  auto run = world.start();
  world.until_up_to_date();
  drain(*run);
  const std::string good = last_record();
  write(std::regex_replace(good, std::regex("\"20\\d\\d-"), "\"2099-"));

  run = world.start();
  world.until_up_to_date({"workato"});
  EXPECT_EQ(World::times_said(*run, "tines", "source_stopped"), 1u);
  EXPECT_THAT(run->err(), AllOf(HasSubstr("lies in the future, at 2099-"),
                                HasSubstr("auditstream cursors set " + source + " --to T")));
  until("its lag is shown, below zero", 30s, [&] {
    const YAML::Node shown = get(*run, "/sources")["sources"][0];
    EXPECT_EQ(shown["state"].as<std::string>(), "FAILED");
    return !shown["lag_seconds"].IsNull() && shown["lag_seconds"].as<double>() < -365 * 24 * 3600.0;
  });
  drain(*run);

  write(good);
  run = world.start();
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
}

}  // namespace
}  // namespace auditstream::test
