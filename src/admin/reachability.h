// Reachability: turns the time that Kafka has been silent into what people are shown: the view, and lines of
// the log, less and less often as it lasts. Knows no clock and no Kafka.
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
  // Shorter silences pass by themselves: other brokers take over from one that has died.
  static constexpr Duration patience = 15s;

  // To be called about once a second: after a longer pause this process was suspended, so the silence counts
  // anew. `silent_since`: since when an answer has been owed, for the reason `why`. Returns what to log.
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
