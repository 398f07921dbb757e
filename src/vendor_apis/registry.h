// Every vendor. Each is one .cpp without a header; its line in vendors.inc declares and lists it.
#pragma once

#include <string_view>
#include <vector>

#include "auditstream/vendor.h"

namespace auditstream::vendor_apis {

#define VENDOR(name, title) const Vendor& name();
#include "vendor_apis/vendors.inc"
#undef VENDOR

// In the order of their names. Objects live for ever.
const std::vector<const Vendor*>& vendors();
// Null if there is no such vendor.
const Vendor* find_vendor(std::string_view name);

}  // namespace auditstream::vendor_apis
