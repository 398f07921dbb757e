#include "runtime/interrupt.h"

#include <ctime>
#include <initializer_list>

namespace auditstream::runtime {

Interrupt::Interrupt() {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interrupt::~Interrupt() {
  pending();  // or else one that has come would end the process now
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupt::pending() {
  constexpr timespec at_once{0, 0};
  while (sigtimedwait(&signals_, nullptr, &at_once) > 0) come_ = true;
  return come_;
}

}  // namespace auditstream::runtime
