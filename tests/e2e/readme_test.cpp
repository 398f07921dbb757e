// The README's commands and configs are what the project understands: blocks marked `yaml` that hold sources
// are valid, and each line of a block marked `sh` names a program and options that exist.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cctype>
#include <regex>
#include <sstream>

#include "e2e/world.h"

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

// Everything of a script that says how it is used, or of a command what its help says.
std::string help_of(const std::vector<std::string>& words) {
  if (words[0].starts_with("./script/")) return read_file(std::string(PROJECT_DIR) + words[0].substr(1));
  std::vector<std::string> command{auditstream_binary()};
  for (std::size_t i = 1; i < words.size() && i <= 2 && std::isalpha(words[i][0]); ++i) {
    std::vector<std::string> longer = command;
    longer.push_back(words[i]);
    longer.push_back("--help");
    if (run_to_end(longer).status != 0) break;
    command.push_back(words[i]);
  }
  command.push_back("--help");
  return run_to_end(command).out;
}

TEST(Readme, CommandsAndTheirOptionsExist) {
  static const std::regex program(
      R"((^|[|;&$(]\s*|\s)((\./)?(build/)?auditstream|\./script/\w+)\s?([^|;&#)>]*))");
  int commands = 0;
  for (const std::string& block : blocks_of("sh")) {
    for (const std::string& line : lines_of(std::regex_replace(block, std::regex(R"(\\\n)"), " "))) {
      if (line.starts_with('#') || line.find("git ") == 0) continue;
      std::smatch match;
      if (!std::regex_search(line, match, program)) continue;
      ++commands;
      std::vector<std::string> words{match[2]};
      std::istringstream rest(match[5]);
      for (std::string word; rest >> word;) words.push_back(word);
      if (words[0].starts_with("./script/")) {
        ASSERT_EQ(access((std::string(PROJECT_DIR) + words[0].substr(1)).c_str(), X_OK), 0) << line;
      }
      const std::string help = help_of(words);
      for (const std::string& word : words) {
        if (!word.starts_with("--")) continue;
        EXPECT_THAT(help, ::testing::HasSubstr(word.substr(0, word.find('=')))) << line;
      }
    }
  }
  EXPECT_GT(commands, 2);
}

}  // namespace
}  // namespace auditstream::test
