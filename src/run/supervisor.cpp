#include "run/supervisor.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace auditstream {
namespace {

// What can't be delivered is not worth more than that: systemd notices the silence.
void notify(const std::string& state) { sd_notify(0, state.c_str()); }

// The value ends with the line.
std::string status_line(std::string_view text) {
  std::string line = "STATUS=" + std::string(text);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

unsigned ticks_of_half_the_watchdog() {
  constexpr std::uint64_t tick_us = 1'000'000;
  std::uint64_t watchdog_us = 0;
  if (sd_watchdog_enabled(0, &watchdog_us) <= 0) return 0;
  return static_cast<unsigned>(std::max<std::uint64_t>(watchdog_us / 2 / tick_us, 1));
}

}  // namespace

Supervisor::Supervisor() : ticks_between_(ticks_of_half_the_watchdog()) {}

void Supervisor::status(std::string_view text) const { notify(status_line(text)); }

void Supervisor::ready() const { notify("READY=1"); }

void Supervisor::reloading() const { notify("RELOADING=1"); }

void Supervisor::stopping() const { notify("STOPPING=1\n" + status_line("committing what is complete")); }

void Supervisor::tick() {
  if (ticks_between_ == 0 || ++ticks_ % ticks_between_ != 0) return;
  notify("WATCHDOG=1");
}

}  // namespace auditstream
