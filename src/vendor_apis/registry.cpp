// The table of vendors: one line each, in the order of their names.
#include "vendor_apis/registry.h"

namespace auditstream::vendor_apis {

const std::vector<const Vendor*>& vendors() {
  // clang-format off
  static const std::vector<const Vendor*> table{
      &captivateiq(),
      &endorlabs(),
      &floqast(),
      &tines(),
      &workato(),
  };
  // clang-format on
  return table;
}

const Vendor* find_vendor(std::string_view name) {
  for (const Vendor* vendor : vendors()) {
    if (vendor->name() == name) return vendor;
  }
  return nullptr;
}

}  // namespace auditstream::vendor_apis
