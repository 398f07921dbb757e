// auditstream: polls the audit logs of SaaS vendors and publishes each event to Kafka exactly once.
#include <sys/prctl.h>

#include "cli/main_command.h"

// jemalloc's, which is linked because each record of librdkafka's is allocated in pieces by one thread and freed by another.
// Pages are large and short-lived: given back soon, and from few arenas, they don't pile up.
extern "C" const char* const malloc_conf = "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0";

int main(int argc, char** argv) {
  // The process holds credentials: no core dump, no ptrace by others of the same user.
  prctl(PR_SET_DUMPABLE, 0);
  return auditstream::cli::main_command(argc, argv);
}
