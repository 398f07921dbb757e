// auditstream: polls the audit logs of SaaS vendors and publishes each event to Kafka exactly once.
#include <malloc.h>
#include <sys/prctl.h>

#include "cli/main_command.h"

int main(int argc, char** argv) {
  // The process holds credentials: no core dump, no ptrace by others of the same user.
  prctl(PR_SET_DUMPABLE, 0);
  // Pages are large and short-lived. Given back at once, and from few arenas, they don't pile up.
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
  return auditstream::cli::main_command(argc, argv);
}
