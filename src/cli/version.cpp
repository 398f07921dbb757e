#include "cli/version.h"

namespace auditstream::cli {

std::string version() { return AUDITSTREAM_VERSION; }
std::string commit() { return AUDITSTREAM_COMMIT; }

}  // namespace auditstream::cli
