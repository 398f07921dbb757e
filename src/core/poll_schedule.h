// PollSchedule: when a source is asked next. Pure.
#pragma once

#include <optional>

#include "auditstream/time.h"

namespace auditstream::core {

class PollSchedule {
 public:
  // Nothing is asked before then.
  void rest_until(Steady moment) { rest_until_ = moment; }
  Steady rests_until() const { return rest_until_; }
  // The first poll gives the rhythm.
  void begin(Steady now) {
    if (!first_poll_) first_poll_ = now;
  }
  // The rhythm is kept whatever a poll took: the next beat after now.
  void rest_to_next_poll(Duration interval, Steady now) {
    rest_until_ = *first_poll_ + ((now - *first_poll_) / interval + 1) * interval;
  }

 private:
  Steady rest_until_{};
  std::optional<Steady> first_poll_;
};

}  // namespace auditstream::core
