// `auditstream vendors [VENDOR]`: what can be polled, its settings and defaults.
#pragma once

#include <ostream>
#include <string>

namespace auditstream::cli {

// Prints all vendors, or the one named; returns the exit code. For an unknown name that is 64, and `err`
// suggests the nearest.
int vendors_command(const std::string& vendor, std::ostream& out, std::ostream& err);

}  // namespace auditstream::cli
