// Every vendor. Each is one .cpp without a header, declared here.
#pragma once

#include <string_view>
#include <vector>

#include "auditstream/vendor.h"

namespace auditstream::vendor_apis {

const Vendor& captivateiq();
const Vendor& endorlabs();
const Vendor& floqast();
const Vendor& tines();
const Vendor& workato();

// In the order of their names. Objects live for ever.
const std::vector<const Vendor*>& vendors();
// Null if there is no such vendor.
const Vendor* find_vendor(std::string_view name);

}  // namespace auditstream::vendor_apis
