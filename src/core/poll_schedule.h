// PollSchedule: when a source is polled next. Pure.
#pragma once

#include <optional>

#include "auditstream/time.h"

namespace auditstream::core {

class PollSchedule {
 public:
  // No requests before then.
  void rest_until(Steady moment) { rest_until_ = moment; }
  Steady rests_until() const { return rest_until_; }
  // Later polls keep the rhythm of the first.
  void begin(Steady now) {
    if (!first_poll_) first_poll_ = now;
  }
  // However long a poll took, the next one keeps the rhythm: it is due at the next multiple of the interval.
  void rest_to_next_poll(Duration interval, Steady now) {
    rest_until_ = *first_poll_ + ((now - *first_poll_) / interval + 1) * interval;
  }

 private:
  Steady rest_until_{};
  std::optional<Steady> first_poll_;
};

}  // namespace auditstream::core
