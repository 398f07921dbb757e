#include "cli/version.h"

namespace auditstream::cli {

std::string version() { return AUDITSTREAM_VERSION; }
std::string commit() { return AUDITSTREAM_COMMIT; }

std::string full_version() {
  return "auditstream " + version() + (commit().empty() ? "" : " (" + commit() + ")");
}

}  // namespace auditstream::cli
