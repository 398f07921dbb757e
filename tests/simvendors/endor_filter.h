// Endor Labs' filter expressions, as far as an audit log needs them: comparisons joined by `and`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auditstream/result.h"
#include "simvendors/api.h"

namespace auditstream::sim {

struct EndorFilter {
  Range created;
  // Conditions on texts: field, and the value that it must have.
  std::vector<std::pair<std::string, std::string>> equal;
};

// Real timestamps stand in date(...): the vendor answers a bare one with no rows and no error, the simulation
// with an error.
Result<EndorFilter> parse_endor_filter(std::string_view text);

}  // namespace auditstream::sim
