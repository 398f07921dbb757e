// Asking a running instance over HTTP, as people and their tools do.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "support/child.h"

namespace auditstream::test {

struct Answer {
  int status = 0;  // 0: there was none
  std::string body;
};

// Where the process listens, once it does.
std::string url_of(const Child& run);

// `more` are further arguments of curl.
Answer ask(const Child& run, const std::string& method, const std::string& path,
           std::vector<std::string> more = {});

// The document, which is expected to be there.
YAML::Node get(const Child& run, const std::string& path);

}  // namespace auditstream::test
