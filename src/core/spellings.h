// The ways in which a secret comes back from a server that echoes what it was sent: as it is, in a URL, in
// JSON, in HTML, in Base64. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace auditstream::core {

// Each once, the secret itself first. Nothing for an empty one.
std::vector<std::string> spellings(std::string_view secret);

}  // namespace auditstream::core
