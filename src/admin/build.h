// The version of this program.
#pragma once

#include <string>

namespace auditstream::admin {

struct Build {
  std::string version;  // "0.1.0"
  std::string commit;   // "" outside a git checkout
};

}  // namespace auditstream::admin
