// The name that somebody may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace auditstream {

// The candidate with the fewest edits (case and '-' against '_' are free), the first of several; "" if there
// is none.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace auditstream
