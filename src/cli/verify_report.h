// VerifyReport: the findings of `verify`, as a document that an auditor can keep or as text with remedies.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "auditstream/json_writer.h"
#include "auditstream/model.h"
#include "core/comparison.h"

namespace auditstream::cli {

struct VerifyReport {
  std::shared_ptr<const Source> source;
  Time at;
  core::Range requested;
  core::Clamped compared;
  core::Differences found;
  std::map<std::string, std::vector<std::string>> examples;  // ids by kind
  std::string vendor_digest;
  std::string topic_digest;
  bool undated_are_missing = false;
  bool allow_cut = false;
  bool repair = false;
  bool dry_run = false;  // repair, but only say what it would do
  std::size_t too_large = 0;

  bool whole() const { return compared.cuts.empty(); }
  // For the part that was compared.
  bool clean() const { return found.clean() && (found.undated == 0 || !undated_are_missing); }
  bool ok() const { return clean() && (whole() || (allow_cut && !compared.range.empty())); }
};

// "not compared: 2026-11-20T12:00:00Z to 2026-11-20T12:30:00Z: ..."
std::string words_of(const core::Cut& cut);

// One JSON object.
json::Value json_of(const VerifyReport& report);
// Several lines, on stdout.
void print(const VerifyReport& report);

}  // namespace auditstream::cli
