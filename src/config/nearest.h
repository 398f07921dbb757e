// Suggests the name that may have been meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace auditstream::config {

// The candidate with the fewest edits (case, and '-' for '_', are free), the first of several; "" if all
// differ by more than typos do: one edit, or a third of the longer name.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

// "; did you mean \"workato\"?", or "" if no name is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace auditstream::config
