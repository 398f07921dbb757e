// What `auditstream vendors` prints, from the same tables that parse the config.
#pragma once

#include <ostream>

#include "auditstream/vendor.h"

namespace auditstream::config {

// One line for each vendor.
void print_vendors(std::ostream& out);

// Settings, defaults and limits of one vendor.
void print_vendor(const Vendor& vendor, std::ostream& out);

}  // namespace auditstream::config
