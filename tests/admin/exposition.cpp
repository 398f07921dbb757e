#include "admin/exposition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <sstream>

namespace auditstream::test {

std::size_t Exposition::mentions(const std::string& text) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      samples, [&](const auto& sample) { return sample.first.find(text) != std::string::npos; }));
}

Exposition read_exposition(const std::string& text) {
  static const std::regex comment(R"(# (HELP|TYPE) ([a-z_]+) (.+))");
  static const std::regex sample(R"re((([a-z_]+)(\{(.*)\})?) (\S+))re");
  static const std::regex label(R"re(([a-z_]+)="(?:[^"\\]|\\.)*")re");
  Exposition page;
  std::string family;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, comment)) {
      family = match[2];
      (match[1] == "HELP" ? page.families[family].help : page.families[family].type) = match[3];
      continue;
    }
    if (!std::regex_match(line, match, sample) || !match[2].str().starts_with(family)) {
      ADD_FAILURE() << "not a sample of " << family << ": " << line;
      continue;
    }
    EXPECT_TRUE(page.samples.emplace(match[1], std::stod(match[5])).second) << "twice: " << line;
    const std::string labels = match[4];
    for (std::sregex_iterator each(labels.begin(), labels.end(), label), end; each != end; ++each) {
      if ((*each)[1] != "le") page.families[family].labels.insert((*each)[1]);
    }
  }
  return page;
}

}  // namespace auditstream::test
