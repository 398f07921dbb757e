// What guards the binary has against a flaw in it: read back from the file that is shipped, and where a file
// doesn't show them, from the commands that it was compiled with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "paths.h"
#include "support/child.h"

namespace auditstream::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string program = BUILD_DIR "/auditstream";

std::string output_of(const std::vector<std::string>& command) {
  const Finished finished = run_to_end(command);
  EXPECT_EQ(finished.status, 0) << command.front() << ": " << finished.err;
  return finished.out;
}

TEST(Hardening, TheProgramLiesAnywhereInMemory) {
  EXPECT_THAT(output_of({"readelf", "-hW", program}),
              HasSubstr("DYN (Position-Independent Executable file)"));
}

TEST(Hardening, WhatTheLinkerFillsInIsReadOnlyBeforeMain) {
  EXPECT_THAT(output_of({"readelf", "-lW", program}), HasSubstr("GNU_RELRO"));
  const std::string dynamic = output_of({"readelf", "-dW", program});
  EXPECT_THAT(dynamic, ContainsRegex("FLAGS[^\n]*BIND_NOW"));
  EXPECT_THAT(dynamic, Not(HasSubstr("TEXTREL")));
  // Libraries come from where the system has them.
  EXPECT_THAT(dynamic, Not(HasSubstr("RPATH")));
  EXPECT_THAT(dynamic, Not(HasSubstr("RUNPATH")));
}

TEST(Hardening, NoMemoryIsWrittenAndExecuted) {
  const std::string segments = output_of({"readelf", "-lW", program});
  EXPECT_THAT(segments, ContainsRegex("GNU_STACK[^\n]* RW "));
  EXPECT_THAT(segments, Not(ContainsRegex("(LOAD|GNU_STACK)[^\n]* (RWE|WE) ")));
}

TEST(Hardening, StacksAndBuffersAreWatched) {
  const std::string symbols = output_of({"readelf", "--dyn-syms", "-W", program});
  EXPECT_THAT(symbols, HasSubstr("__stack_chk_fail@"));
  // FORTIFY's own versions of what copies and prints.
  EXPECT_THAT(symbols, ContainsRegex("__(memcpy|memset|snprintf|vsnprintf|read|poll|recv)_chk@"));
}

#ifdef __x86_64__
// The note of the whole file needs the system's start files to have it too, and Debian's have not.
TEST(Hardening, IndirectCallsLandWhereTheyMay) {
  const std::string code = output_of({"objdump", "-d", "--no-show-raw-insn", "--disassemble=main", program});
  EXPECT_THAT(code, ContainsRegex("<main>:\n[^\n]*endbr64"));
}
#endif

// Whether the last of these flags in a command is the one that is wanted.
bool ends_with_flag(const std::string& command, const std::regex& family, const std::string& wanted) {
  std::string last;
  for (std::sregex_iterator match(command.begin(), command.end(), family), end; match != end; ++match)
    last = match->str();
  return last == wanted;
}

TEST(Hardening, EveryLayerIsCompiledWithIt) {
  const std::vector<std::pair<std::regex, std::string>> guards{
      {std::regex(R"(-f(no-)?stack-protector[\w-]*)"), "-fstack-protector-strong"},
      {std::regex(R"(-f(no-)?stack-clash-protection)"), "-fstack-clash-protection"},
      {std::regex(R"(-[UD]_FORTIFY_SOURCE(=\d)?)"), "-D_FORTIFY_SOURCE=3"},
      {std::regex(R"(-f(no-)?(PIE|pie|PIC|pic)\b)"), "-fPIE"},
#ifdef __x86_64__
      {std::regex(R"(-fcf-protection(=\w+)?)"), "-fcf-protection=full"},
#endif
  };
  std::size_t seen = 0;
  for (const YAML::Node& entry : YAML::LoadFile(BUILD_DIR "/compile_commands.json")) {
    const std::string command = entry["command"].as<std::string>(), file = entry["file"].as<std::string>();
    const bool shipped = command.find("/as_") != std::string::npos || file == PROJECT_DIR "/src/main.cpp";
    if (!shipped) continue;
    ++seen;
    for (const auto& [family, wanted] : guards) {
      EXPECT_TRUE(ends_with_flag(command, family, wanted))
          << file << " without " << wanted << ": " << command;
    }
  }
  EXPECT_GT(seen, 80u);
}

}  // namespace
}  // namespace auditstream::test
