#include "runtime/clock.h"

namespace auditstream::runtime {

Now read_clock() {
  return Now{std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()),
             std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now())};
}

}  // namespace auditstream::runtime
