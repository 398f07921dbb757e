// Supervisor: tells systemd how the service is doing (Type=notify, WatchdogSec=). Without systemd every call
// does nothing; if systemd doesn't read, no call blocks.
#pragma once

#include <optional>
#include <string_view>

#include "runtime/outbox.h"

namespace auditstream::runtime {

class Supervisor {
 public:
  // Reads environment variables that systemd sets, so make it before any thread that might change them.
  Supervisor();
  // Gives the last messages a moment to be read.
  ~Supervisor();

  // From any thread. What `systemctl status` shows is one short line.
  void status(std::string_view text);
  // The start or a reload has finished.
  void ready();
  // A reload has begun; lasts until the next ready().
  void reloading();
  // The process is ending on purpose, perhaps at once: no reason for an alarm.
  void stopping();

  // To be called once a second as long as the event loop turns, always from the same thread. Passed on at
  // half of WatchdogSec=.
  void tick();

 private:
  void notify(std::string state);

  std::optional<Outbox> heard_;   // nothing without systemd
  const unsigned ticks_between_;  // 0: no watchdog
  unsigned ticks_ = 0;
};

}  // namespace auditstream::runtime
