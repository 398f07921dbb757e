// A survey of a simulated vendor, in process and by a clock of its own.
#pragma once

#include <functional>
#include <string>

#include "probe/survey.h"
#include "simvendors/tenant.h"

namespace auditstream::vendor_apis {

struct Probed {
  probe::Report report;
  std::uint64_t bad_requests = 0;  // that the vendor's documents forbid
  std::string complaint;           // about the last of them
  unsigned unauthorized = 0;       // answers with 401

  // The fact of that name; fails the test if there is none.
  const probe::Fact& fact(const std::string& name) const;
  // "name: what was seen" of each, a line each.
  std::string contradictions() const;
};

struct ProbedWith {
  // Members of TenantSpec, as JSON.
  std::string tenant{};
  probe::Wishes wishes{};
  unsigned requests = 60;
  std::function<void(Source&)> change{};
  std::function<void(const probe::Exchanged&)> observe{};
  // These are answered by nothing, for as long as they may take.
  std::function<bool(const http::Request&)> fails{};
  // After so many requests the user wants no more.
  unsigned interrupted_after = 1'000'000;
};

// The credential that a survey of the vendor is made with.
Secrets probed_secrets(const std::string& vendor);

Probed probed(const std::string& vendor, const ProbedWith& with = {});

}  // namespace auditstream::vendor_apis
