// VerifyReport: what `verify` has found, as a document that an auditor can keep or as a text with remedies.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "auditstream/model.h"
#include "core/comparison.h"

namespace auditstream {

struct VerifyReport {
  std::shared_ptr<const Source> source;
  Time at;
  Range requested;
  Clamped compared;
  Differences found;
  std::map<std::string, std::vector<std::string>> examples;  // ids by kind
  std::string vendor_digest;
  std::string topic_digest;
  bool undated_are_missing = false;
  bool repair = false;
  std::size_t too_large = 0;

  bool clean() const { return found.clean() && (found.undated == 0 || !undated_are_missing); }
};

// One JSON object.
std::string json_of(const VerifyReport& report);
// Several lines, on stdout.
void print(const VerifyReport& report);

}  // namespace auditstream
