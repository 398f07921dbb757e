// KafkaView: whether Kafka answers this instance now. A snapshot.
#pragma once

#include <optional>
#include <string>

#include "auditstream/time.h"

namespace auditstream::admin {

struct KafkaView {
  bool reachable = true;
  std::optional<Time> since{};  // the last answer, or our start; only if not reachable
  std::string error{};          // why, as far as it is known

  // "Kafka can't be reached since 2026-11-20T12:00:00Z: 10.0.0.1:9092/1: Connection refused"; "" if it can.
  std::string sentence() const;
};

}  // namespace auditstream::admin
