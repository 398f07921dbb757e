// WrittenOffsets: where this process has last written in each partition. A log only grows, so a record that was written
// at or before that offset tells that the log was cut: Kafka has lost records, or the topic was made again. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/journal.h"

namespace auditstream::kafka {

class WrittenOffsets {
 public:
  // Of a record that the broker has acknowledged; in the order of a partition's offsets.
  std::optional<core::TruncatedLog> note(std::string_view topic, int partition, std::int64_t offset);

 private:
  using Offsets = std::map<std::pair<std::string, int>, std::int64_t>;

  Offsets offsets_;
  Offsets::iterator latest_ =
      offsets_.end();  // records are acknowledged by the batch, a partition's together
};

}  // namespace auditstream::kafka
