// Instances with an HTTP server, and what a client asks them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "e2e/world.h"

namespace auditstream::test {

struct Answer {
  int status = 0;
  std::string body;
};

// Where the process listens, once it does.
inline std::string url_of(const Child& run) {
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

inline Answer ask(const Child& run, const std::string& method, const std::string& path,
                  std::vector<std::string> more = {}) {
  std::vector<std::string> words{
      "curl", "-s", "-m", "60", "-X", method, "-w", "\n%{http_code}", url_of(run) + path};
  words.insert(words.end(), more.begin(), more.end());
  const Finished done = run_to_end(words);
  const std::size_t line = done.out.rfind('\n');
  if (done.status != 0 || line == std::string::npos) return {};
  return {std::stoi(done.out.substr(line + 1)), done.out.substr(0, line)};
}

inline YAML::Node get(const Child& run, const std::string& path) {
  const Answer answer = ask(run, "GET", path);
  EXPECT_EQ(answer.status, 200) << path << ": " << answer.body;
  return YAML::Load(answer.body);  // JSON is YAML
}

struct Served : World {
  explicit Served(const Tenants& tenants = {.vendors = {"tines", "workato"},
                                            .like = "\"history\":200,\"history_span\":\"72h\",\"rate\":10"},
                  std::string bootstrap = "")
      : World(tenants, std::move(bootstrap)) {
    config["offsets"]["partitions"] = 8;
    config["kafka"].remove("group.instance.id");
  }
  std::string state(const Child& run, const std::string& vendor) {
    return get(run, "/connectors/" + source(vendor) + "/status")["connector"]["state"].as<std::string>();
  }
  void until_state(const Child& run, const std::string& vendor, const std::string& wanted) {
    until(vendor + " is " + wanted, 60s, [&] { return state(run, vendor) == wanted; });
  }
  static void until_ready(const Child& run) {
    until("it is ready", 60s, [&] { return ask(run, "GET", "/readyz").status == 200; });
  }
};

}  // namespace auditstream::test
