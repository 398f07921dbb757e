#include "runtime/supervisor.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

namespace auditstream::runtime {
namespace {

constexpr std::size_t unheard_bytes_max = 64 << 10;
constexpr auto patience = std::chrono::milliseconds(500);

// A line break would end the value.
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

Supervisor::Supervisor() : ticks_between_(ticks_of_half_the_watchdog()) {
  if (std::getenv("NOTIFY_SOCKET") == nullptr) return;
  // If it can't be delivered, dropping it is fine: systemd notices the silence.
  heard_.emplace(unheard_bytes_max,
                 [](const std::string& state, std::uint64_t) { return sd_notify(0, state.c_str()) >= 0; });
}

Supervisor::~Supervisor() {
  if (heard_) heard_->flush(patience);
}

void Supervisor::notify(std::string state) {
  if (heard_) heard_->put(std::move(state));
}

void Supervisor::status(std::string_view text) { notify(status_line(text)); }

void Supervisor::ready() { notify("READY=1"); }

void Supervisor::reloading() { notify("RELOADING=1"); }

void Supervisor::stopping() {
  notify("STOPPING=1\n" + status_line("committing what is complete"));
  if (heard_) heard_->flush(patience);
}

void Supervisor::tick() {
  if (ticks_between_ == 0 || ++ticks_ % ticks_between_ != 0) return;
  notify("WATCHDOG=1");
}

}  // namespace auditstream::runtime
