// Reachability: from how long Kafka has been silent to what people are told of it: the view, and what the log
// says, less and less often as it lasts. Knows no clock and no Kafka.
#pragma once

#include <optional>

#include "admin/kafka_view.h"
#include "auditstream/result.h"
#include "auditstream/time.h"
#include "core/falling_rate.h"
#include "core/notice.h"

namespace auditstream::admin {

class Reachability {
 public:
  // Shorter silences heal by themselves: a broker that has gone is replaced by the others.
  static constexpr Duration patience = 15s;

  // Once a second or so: in a longer pause this process stood still, and had nobody to hear. `silent_since`:
  // an answer has been owed since then, or none is; `why` not. What the log should hear of it, if anything.
  std::optional<core::Notice> look(std::optional<Steady> silent_since, const Error& why, Now now);

  const KafkaView& view() const { return view_; }

 private:
  KafkaView view_;
  Steady since_{};  // unless reachable
  std::optional<Steady> looked_{};
  Steady awake_since_ = Steady::min();
  core::FallingRate notices_{1min, 1h};
};

}  // namespace auditstream::admin
