// docs/operations.md as a reader of it sees it.
#pragma once

#include <cctype>
#include <set>
#include <string>

#include "paths.h"
#include "support/child.h"

namespace auditstream::test {

inline std::string runbook() { return read_file(PROJECT_DIR "/docs/operations.md"); }

// The anchors that its headings get: lower case, dashes for spaces, nothing else.
inline std::set<std::string> runbook_anchors() {
  std::set<std::string> anchors;
  for (const std::string& line : lines_of(runbook())) {
    if (!line.starts_with("#")) continue;
    std::string anchor;
    for (const char c : line.substr(line.find(' ') + 1)) {
      if (std::isalnum(static_cast<unsigned char>(c))) {
        anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      } else if (c == ' ' || c == '-') {
        anchor += '-';
      }
    }
    anchors.insert(anchor);
  }
  return anchors;
}

}  // namespace auditstream::test
