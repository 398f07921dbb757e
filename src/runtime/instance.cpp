#include "runtime/instance.h"

#include <unistd.h>

namespace auditstream::runtime {

std::string instance_name() {
  char host[256] = "unknown";
  gethostname(host, sizeof host - 1);
  return std::string(host) + "-" + std::to_string(getpid());
}

}  // namespace auditstream::runtime
