// The manual page and the completion of bash: both know every command and every option of --help.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>
#include <vector>

#include "paths.h"
#include "support/child.h"
#include "vendor_apis/names.h"

namespace auditstream::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

using Words = std::vector<std::string>;

struct Command {
  Words words;                    // after "auditstream"
  std::set<std::string> options;  // the long names
  std::set<std::string> commands;
};

std::string joined(const Words& words) {
  std::string text = "auditstream";
  for (const std::string& word : words) text += " " + word;
  return text;
}

// What its --help names, and that of the commands below it.
void describe(const Words& words, std::vector<Command>& all) {
  Words line = words;
  line.insert(line.begin(), BUILD_DIR "/auditstream");
  line.push_back("--help");
  const Finished help = run_to_end(line);
  ASSERT_EQ(help.status, 0) << help.err;
  static const std::regex heading(R"((\w+):)"), option(R"( {2,10}(-\w,? *)?(--[a-z-]+).*)"),
      command(R"( {2,10}([a-z]+) .*)");
  Command found{words, {}, {}};
  std::string section;
  std::smatch match;
  for (const std::string& text : lines_of(help.out)) {
    if (std::regex_match(text, match, heading)) {
      section = match[1];
    } else if (std::regex_match(text, match, option)) {
      found.options.insert(match[2]);
    } else if (section[0] == 'S' && std::regex_match(text, match, command)) {
      found.commands.insert(match[1]);
    }
  }
  all.push_back(found);
  for (const std::string& name : found.commands) {
    Words below = words;
    below.push_back(name);
    describe(below, all);
  }
}

std::vector<Command> every_command() {
  std::vector<Command> all;
  describe({}, all);
  EXPECT_GT(all.size(), 10u);
  return all;
}

TEST(Manual, KnowsEveryCommandAndOption) {
  const Finished unzipped = run_to_end({"zcat", BUILD_DIR "/manual/auditstream.1.gz"});
  ASSERT_EQ(unzipped.status, 0) << unzipped.err;
  const std::string page = std::regex_replace(unzipped.out, std::regex(R"(\\f.|\\(?=-))"), "");
  EXPECT_EQ(page.find('@' + std::string("COMMANDS")), page.npos);
  for (const Command& command : every_command()) {
    SCOPED_TRACE(joined(command.words));
    if (!command.commands.empty() && !command.words.empty()) continue;
    const std::string begin = command.words.empty() ? ".SH OPTIONS" : ".SS \"" + joined(command.words) + " [";
    const std::size_t at = page.find(begin);
    ASSERT_NE(at, page.npos);
    const std::string section = page.substr(at, page.find("\n.S", at) - at);
    for (const std::string& option : command.options) {
      const bool once_for_all = option == "--help" && !command.words.empty();
      if (!once_for_all) {
        EXPECT_TRUE(std::regex_search(section, std::regex("\n\\.TP\n(-\\w, )?" + option + "[ \n]")))
            << option;
      }
    }
  }
  for (const char* code : {"0", "1", "64", "69", "70", "78"})
    EXPECT_THAT(page, HasSubstr("\n.B " + std::string(code) + "\n"));
}

// What bash offers after these words; the last one is being typed.
Words offered(Words words) {
  words.insert(words.begin(), {"bash", "-c",
                               "source '" BUILD_DIR "/manual/completion'; COMP_WORDS=(\"$@\"); "
                               "COMP_CWORD=$(($# - 1)); _auditstream; "
                               "[ -z \"${COMPREPLY[*]}\" ] || printf '%s\\n' \"${COMPREPLY[@]}\"",
                               "bash", "auditstream"});
  const Finished finished = run_to_end(words);
  EXPECT_EQ(finished.status, 0);
  EXPECT_EQ(finished.err, "");
  return lines_of(finished.out);
}

TEST(Completion, OffersEveryCommandAndOption) {
  for (const Command& command : every_command()) {
    SCOPED_TRACE(joined(command.words));
    Words words = command.words;
    words.push_back("--");
    EXPECT_THAT(offered(words), UnorderedElementsAreArray(command.options));
    if (command.commands.empty()) continue;
    words.back() = "";
    EXPECT_THAT(offered(words), UnorderedElementsAreArray(command.commands));
  }
  EXPECT_THAT(offered({"cursors", "s"}), UnorderedElementsAre("show", "set"));
}

TEST(Completion, OffersSourcesAndVendors) {
  const std::string config = PROJECT_DIR "/config/compose/sources.yaml";
  EXPECT_THAT(offered({"verify", "--config", config, "acme-t"}), UnorderedElementsAre("acme-tines"));
  EXPECT_THAT(offered({"cursors", "show", "-c", config, ""}), Contains("acme-workato"));
  EXPECT_THAT(offered({"read", "-c", "/no/such/file", ""}), IsSupersetOf({"--from", "--to"}));
  EXPECT_THAT(offered({"read", "--from", ""}), UnorderedElementsAre());

  Words vendors;
  for (const auto& vendor : vendor_apis::vendor_names) vendors.emplace_back(vendor.name);
  EXPECT_THAT(offered({"vendors", ""}), UnorderedElementsAreArray(vendors));
  EXPECT_THAT(offered({"ocsf", ""}), UnorderedElementsAreArray(vendors));
}

// A name in a config may be anything until it is checked: only what can be one is offered, and nothing runs.
TEST(Completion, RunsNothingThatAConfigNames) {
  const TemporaryDirectory directory;
  const std::string config = directory.path() / "config.yaml", trace = directory.path() / "trace";
  write_file(config, "sources:\n  - name: $(touch " + trace + ")\n  - vendor: tines\n    name: good$(touch " +
                         trace + ")\n");
  EXPECT_THAT(offered({"read", "-c", config, ""}), UnorderedElementsAre("good"));
  EXPECT_FALSE(std::filesystem::exists(trace));
}

}  // namespace
}  // namespace auditstream::test
