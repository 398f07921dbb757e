// One real request to a vendor, and what it says about the source. For `check`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/time.h"
#include "runtime/request_budget.h"

namespace auditstream::runtime {

struct SourceCheck {
  bool reachable = false;  // there was an HTTP response
  bool accepted = false;   // and it was a page of the log
  int status = 0;
  std::uint64_t events = 0;            // of the last 7 days
  bool at_least = false;               // there are more than that
  std::optional<Duration> clock_skew;  // our clock minus the vendor's
  Duration poll_interval{0};           // as the rate limit allows
  std::string message;                 // what is wrong
  std::string remedy;
  std::vector<std::string> hints;  // where to look if the log is empty
};

inline constexpr Duration check_range = 24h * 7;

// `account_sources` is how many sources share the account's rate limit. Blocks at most for the request's
// timeouts, and as long as the budget wants.
SourceCheck check_source(const Source& source, RequestBudget& budget, std::size_t account_sources);

}  // namespace auditstream::runtime
