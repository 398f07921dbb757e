#include <algorithm>

#include "fuzz/target.h"

namespace auditstream::fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> all = [] {
    std::vector<Target> made = vendor_targets();
    for (Target target :
         {json_target(), cursor_target(), ledger_target(), times_target(), links_target(), ocsf_target(),
          config_target(), http_request_target(), http_wire_target(), status_target()}) {
      made.push_back(std::move(target));
    }
    return made;
  }();
  return all;
}

const Target* find_target(std::string_view name) {
  const auto found = std::ranges::find(targets(), name, &Target::name);
  return found == targets().end() ? nullptr : &*found;
}

}  // namespace auditstream::fuzz
