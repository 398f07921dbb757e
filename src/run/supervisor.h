// Supervisor: tells systemd how the service is doing (Type=notify, WatchdogSec=). Where nobody supervises,
// every call does nothing.
#pragma once

#include <string_view>

namespace auditstream {

class Supervisor {
 public:
  // Reads the environment that systemd gives, so before any thread starts that might change it.
  Supervisor();

  // From any thread. What `systemctl status` shows is one short line.
  void status(std::string_view text) const;
  // The start, or a reload, is over.
  void ready() const;
  // Until the next ready().
  void reloading() const;
  // Ends on its own account or because it was told to: nobody has to be alarmed.
  void stopping() const;

  // Once a second as long as the event loop turns, always from the same thread. Passed on at half of
  // WatchdogSec=.
  void tick();

 private:
  const unsigned ticks_between_;  // 0: nobody watches
  unsigned ticks_ = 0;
};

}  // namespace auditstream
