#include "e2e/asking.h"

#include <gtest/gtest.h>

#include <optional>

#include "support/until.h"

namespace auditstream::test {

std::string url_of(const Child& run) {
  return until("it listens", 30s,
               [&]() -> std::optional<std::string> {
                 const std::string log = run.err();
                 const std::size_t begin = log.find("http://", log.find("code=http_listening"));
                 if (begin == std::string::npos || log.find('\n', begin) == std::string::npos)
                   return std::nullopt;
                 return log.substr(begin, log.find('\n', begin) - begin - 1);
               })
      .value();
}

Answer ask(const Child& run, const std::string& method, const std::string& path,
           std::vector<std::string> more) {
  std::vector<std::string> words{
      "curl", "-s", "-m", "60", "-X", method, "-w", "\n%{http_code}", url_of(run) + path};
  words.insert(words.end(), more.begin(), more.end());
  const Finished done = run_to_end(words);
  const std::size_t line = done.out.rfind('\n');
  if (done.status != 0 || line == std::string::npos) return {};
  return {std::stoi(done.out.substr(line + 1)), done.out.substr(0, line)};
}

YAML::Node get(const Child& run, const std::string& path) {
  const Answer answer = ask(run, "GET", path);
  EXPECT_EQ(answer.status, 200) << path << ": " << answer.body;
  return YAML::Load(answer.body);  // JSON is YAML
}

}  // namespace auditstream::test
