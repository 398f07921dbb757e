// Supervisor: tells systemd how the service is doing (Type=notify, WatchdogSec=). Where nobody supervises,
// every call does nothing; where somebody does and does not listen, none waits for it.
#pragma once

#include <optional>
#include <string_view>

#include "runtime/outbox.h"

namespace auditstream::runtime {

class Supervisor {
 public:
  // Reads the environment that systemd gives, so before any thread starts that might change it.
  Supervisor();
  // What has not been heard yet gets a moment.
  ~Supervisor();

  // From any thread. What `systemctl status` shows is one short line.
  void status(std::string_view text);
  // The start, or a reload, is over.
  void ready();
  // Until the next ready().
  void reloading();
  // Ends on its own account or because it was told to: nobody has to be alarmed. The process may end at once.
  void stopping();

  // Once a second as long as the event loop turns, always from the same thread. Passed on at half of
  // WatchdogSec=.
  void tick();

 private:
  void notify(std::string state);

  std::optional<Outbox> heard_;   // nothing where nobody supervises
  const unsigned ticks_between_;  // 0: nobody watches
  unsigned ticks_ = 0;
};

}  // namespace auditstream::runtime
