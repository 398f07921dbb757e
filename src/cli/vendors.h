// `auditstream vendors [VENDOR]`: what can be polled, its settings and defaults.
#pragma once

#include <ostream>
#include <string>

#include "auditstream/vendor.h"

namespace auditstream::cli {

// Null if there is no such vendor; then `err` says so and suggests the nearest name.
const Vendor* find_vendor(const std::string& name, std::ostream& err);

// Prints all vendors, or the one named; returns the exit code. For an unknown name that is 64, and `err`
// suggests the nearest.
int vendors_command(const std::string& vendor, std::ostream& out, std::ostream& err);

}  // namespace auditstream::cli
