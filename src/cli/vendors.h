// `auditstream vendors [VENDOR]`: what can be polled, its settings and defaults.
#pragma once

#include <ostream>
#include <string>

namespace auditstream::cli {

// Prints all vendors, or the one named; returns the exit code. An unknown name is 64, with the nearest one on
// `err`.
int vendors_command(const std::string& vendor, std::ostream& out, std::ostream& err);

}  // namespace auditstream::cli
