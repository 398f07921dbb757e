#include "cli/vendors.h"

#include <vector>

#include "auditstream/vendor.h"
#include "base/exit_code.h"
#include "config/findings.h"
#include "config/nearest.h"
#include "config/vendor_page.h"
#include "vendor_apis/registry.h"

namespace auditstream::cli {

const Vendor* find_vendor(const std::string& name, std::ostream& err) {
  if (const Vendor* found = vendor_apis::find_vendor(name)) return found;
  std::vector<std::string> names;
  for (const Vendor* known : vendor_apis::vendors()) names.emplace_back(known->name());
  const std::string meant = config::did_you_mean(name, names);
  err << "auditstream: no vendor is called \"" << name << "\""
      << (meant.empty() ? ": it is one of " + config::listed(names) : meant) << "\n";
  return nullptr;
}

int vendors_command(const std::string& vendor, std::ostream& out, std::ostream& err) {
  if (vendor.empty()) {
    config::print_vendors(out);
    return exit_done;
  }
  const Vendor* found = find_vendor(vendor, err);
  if (found == nullptr) return exit_usage;
  config::print_vendor(*found, out);
  return exit_done;
}

}  // namespace auditstream::cli
