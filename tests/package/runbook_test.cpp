// The runbook knows whatever the program may say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "package/runbook.h"
#include "paths.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

void collect(const std::string& text, const std::regex& pattern, const std::string& prefix,
             std::set<std::string>& found) {
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    found.insert(prefix + (*match)[1].str());
  }
}

// The codes of all lines that are written to the log.
std::set<std::string> log_codes() {
  static const std::regex said(R"re((?:\blog\(|\bNotice\{)[^;"]*?"([a-z_]+[a-z])")re");
  static const std::regex refusal(R"re(case RefusalKind::\w+:\s*return "([a-z_]+)")re");
  static const std::regex dead_letter(R"re(return Flaw\{"([a-z_]+)")re");
  std::set<std::string> codes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PROJECT_DIR "/src")) {
    if (entry.path().extension() != ".cpp" || entry.path().filename() == "log.cpp") continue;
    const std::string text = read_file(entry.path());
    collect(text, said, "", codes);
    collect(text, refusal, "", codes);
    collect(text, dead_letter, "dead_letter_", codes);
  }
  return codes;
}

TEST(Runbook, KnowsEveryCodeOfTheLog) {
  const std::set<std::string> codes = log_codes();
  // If the patterns above find no more than a part, this is noticed here.
  ASSERT_THAT(codes, IsSupersetOf({"started", "config_mistake", "commit_failed", "journal_not_open",
                                   "clock_skew", "unauthorized", "too_slow", "dead_letter_unreadable_time",
                                   "dead_letter_refused", "source_stopped", "cursor_without_source"}));
  for (const std::string& code : codes) EXPECT_THAT(runbook(), HasSubstr("`" + code + "`"));
}

TEST(Runbook, KnowsEveryExitCode) {
  static const std::regex exit_code(R"(\bexit_\w+ = (\d+);)");
  std::set<std::string> codes;
  collect(read_file(PROJECT_DIR "/src/base/exit_code.h"), exit_code, "", codes);
  ASSERT_EQ(codes, (std::set<std::string>{"0", "1", "64", "69", "70", "78"}));
  for (const std::string& code : codes) EXPECT_THAT(runbook(), HasSubstr("\n| " + code + " | "));
}

TEST(Runbook, LinksToWhatIsThere) {
  static const std::regex link(R"(\]\(([\w./-]*)(?:#([\w-]+))?\))");
  const std::string page = runbook();
  const std::set<std::string> anchors = runbook_anchors();
  int links = 0;
  for (std::sregex_iterator match(page.begin(), page.end(), link), end; match != end; ++match, ++links) {
    const std::string file = (*match)[1], anchor = (*match)[2];
    EXPECT_TRUE(std::filesystem::exists(PROJECT_DIR "/docs/" + file)) << file;
    EXPECT_TRUE(anchor.empty() || anchors.contains(anchor)) << anchor;
  }
  EXPECT_GT(links, 10);
}

}  // namespace
}  // namespace auditstream::test
