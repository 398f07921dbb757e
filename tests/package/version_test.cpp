// What --version says of a build without git.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "paths.h"
#include "support/child.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Version, ASourceArchiveKnowsItsCommit) {
  if (!std::filesystem::exists(PROJECT_DIR "/.git")) GTEST_SKIP() << "this is no clone";
  const std::string git = "git -C '" PROJECT_DIR "' ";
  const Finished commit = run_to_end({"sh", "-c", git + "rev-parse --short HEAD"});
  ASSERT_EQ(commit.status, 0) << commit.err;
  const Finished archived =
      run_to_end({"sh", "-c", git + "archive HEAD CMakeLists.txt | tar -xO CMakeLists.txt"});
  EXPECT_THAT(archived.out, HasSubstr("set(ARCHIVED_COMMIT \"" + lines_of(commit.out).at(0) + "\")\n"))
      << archived.err;
}

// The folder around it is somebody else's.
TEST(Version, IsNotThatOfARepositoryAroundIt) {
  if (!std::filesystem::exists(PROJECT_DIR "/.git")) GTEST_SKIP() << "this is no clone";
  const TemporaryDirectory directory;
  const std::filesystem::path inner = directory.path() / "auditstream";
  std::filesystem::create_directories(inner);
  std::string listfile = read_file(PROJECT_DIR "/CMakeLists.txt");
  const std::size_t begin = listfile.find("set(AUDITSTREAM_COMMIT "),
                    end = listfile.find("\nendif()\n", begin);
  ASSERT_NE(begin, listfile.npos);
  ASSERT_NE(end, listfile.npos);
  write_file(inner / "CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(part NONE)\n" +
                                           listfile.substr(begin, end - begin) +
                                           "\nendif()\nmessage(NOTICE \"commit: <${COMMIT}>\")\n");
  const auto commit_of = [&](const std::string& option) {
    const Finished finished = run_to_end(
        {"sh", "-c", "cd '" + inner.string() + "' && rm -rf build && cmake -S . -B build " + option});
    EXPECT_EQ(finished.status, 0) << finished.err;
    return finished.err;
  };
  const std::string identity = "-c user.name=nobody -c user.email=nobody@example.org ";
  ASSERT_EQ(run_to_end({"sh", "-c",
                        "cd '" + directory.path().string() + "' && git init -q && git add . && git " +
                            identity + "commit -qm other"})
                .status,
            0);
  EXPECT_THAT(commit_of(""), StartsWith("commit: <>\n"));
  EXPECT_THAT(commit_of("-DAUDITSTREAM_COMMIT=c0ffee1"), StartsWith("commit: <c0ffee1>\n"));
}

}  // namespace
}  // namespace auditstream::test
