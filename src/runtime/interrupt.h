// SIGINT and SIGTERM for a command that wants to end in order: they are held back while it exists, and asked
// for.
#pragma once

#include <csignal>

namespace auditstream::runtime {

// Must be made before any thread starts.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Whether one has come, now or earlier.
  bool pending();

 private:
  sigset_t signals_{};
  sigset_t before_{};
  bool come_ = false;
};

}  // namespace auditstream::runtime
