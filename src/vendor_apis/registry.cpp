#include "vendor_apis/registry.h"

namespace auditstream::vendor_apis {

const std::vector<const Vendor*>& vendors() {
  static const std::vector<const Vendor*> table{
#define VENDOR(name, title) &name(),
#include "vendor_apis/vendors.inc"
#undef VENDOR
  };
  return table;
}

const Vendor* find_vendor(std::string_view name) {
  for (const Vendor* vendor : vendors()) {
    if (vendor->name() == name) return vendor;
  }
  return nullptr;
}

}  // namespace auditstream::vendor_apis
