#include "cli/vendors.h"

#include <vector>

#include "auditstream/vendor.h"
#include "config/findings.h"
#include "config/nearest.h"
#include "config/vendor_page.h"
#include "vendor_apis/registry.h"

namespace auditstream {

int vendors_command(const std::string& vendor, std::ostream& out, std::ostream& err) {
  constexpr int exit_done = 0;
  constexpr int exit_usage = 64;
  if (vendor.empty()) {
    print_vendors(out);
    return exit_done;
  }
  if (const Vendor* found = find_vendor(vendor)) {
    print_vendor(*found, out);
    return exit_done;
  }
  std::vector<std::string> names;
  for (const Vendor* known : vendors()) names.emplace_back(known->name());
  const std::string meant = did_you_mean(vendor, names);
  err << "auditstream: no vendor is called \"" << vendor << "\""
      << (meant.empty() ? ": it is one of " + listed(names) : meant) << "\n";
  return exit_usage;
}

}  // namespace auditstream
