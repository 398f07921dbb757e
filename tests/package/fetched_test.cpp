// script/kafka takes what Maven Central gives only where it is what the checksums say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "paths.h"
#include "support/child.h"

namespace auditstream::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A project with nothing but the script, and Maven that has the real jars for it: those that were fetched for
// the tests. What `spoil` does to them happens on the way.
Finished fetched_with(const TemporaryDirectory& project, const std::string& spoil) {
  const std::string release = "4.1.1";
  fs::create_directories(project.path() / "script");
  for (const std::string& file : {std::string("kafka"), "kafka-" + release + ".sha512"})
    fs::copy(PROJECT_DIR "/script/" + file, project.path() / "script" / file);
  const fs::path maven = project.path() / "bin/mvn";
  fs::create_directories(maven.parent_path());
  write_file(maven, "#!/bin/sh -e\nmkdir libs\ncd libs\ncp -s '" PROJECT_DIR "/.cache/kafka/" + release +
                        "'/*.jar .\n" + spoil + "\n");
  fs::permissions(maven, fs::perms::owner_all);
  return run_to_end({project.path() / "script/kafka", "fetch", release},
                    {{"PATH", maven.parent_path().string() + ":" + std::getenv("PATH")}},
                    std::chrono::seconds(60));
}

TEST(Fetched, IsWhatTheChecksumsSay) {
  const TemporaryDirectory project;
  const Finished done = fetched_with(project, "");
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(fs::exists(project.path() / ".cache/kafka/4.1.1/kafka_2.13-4.1.1.jar"));
}

TEST(Fetched, IsRefusedWhereAByteDiffersOrAFileIsTooManyOrTooFew) {
  for (const std::string spoil :
       {"cat kafka_2.13-4.1.1.jar > copy; echo >> copy; mv copy kafka_2.13-4.1.1.jar", "echo > one-more.jar",
        "rm kafka_2.13-4.1.1.jar"}) {
    SCOPED_TRACE(spoil);
    const TemporaryDirectory project;
    const Finished done = fetched_with(project, spoil);
    EXPECT_EQ(done.status, 1);
    EXPECT_THAT(done.err, HasSubstr("Maven Central has given something else than"));
    EXPECT_FALSE(fs::exists(project.path() / ".cache/kafka/4.1.1"));
  }
}

}  // namespace
}  // namespace auditstream::test
