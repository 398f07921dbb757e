// The names of all vendors, for code that needs nothing else of them.
#pragma once

#include <string_view>

namespace auditstream::vendor_apis {

struct VendorName {
  std::string_view name;   // as in the config
  std::string_view title;  // as people write it
};

inline constexpr VendorName vendor_names[] = {
#define VENDOR(name, title) {#name, title},
#include "vendor_apis/vendors.inc"
#undef VENDOR
};

}  // namespace auditstream::vendor_apis
