#include "cli/vendors.h"

#include <vector>

#include "auditstream/vendor.h"
#include "base/exit_code.h"
#include "config/findings.h"
#include "config/nearest.h"
#include "config/vendor_page.h"
#include "vendor_apis/registry.h"

namespace auditstream::cli {

int vendors_command(const std::string& vendor, std::ostream& out, std::ostream& err) {
  if (vendor.empty()) {
    config::print_vendors(out);
    return exit_done;
  }
  if (const Vendor* found = vendor_apis::find_vendor(vendor)) {
    config::print_vendor(*found, out);
    return exit_done;
  }
  std::vector<std::string> names;
  for (const Vendor* known : vendor_apis::vendors()) names.emplace_back(known->name());
  const std::string meant = config::did_you_mean(vendor, names);
  err << "auditstream: no vendor is called \"" << vendor << "\""
      << (meant.empty() ? ": it is one of " + config::listed(names) : meant) << "\n";
  return exit_usage;
}

}  // namespace auditstream::cli
