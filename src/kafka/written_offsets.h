// WrittenOffsets: where the journals of one shard have last written in each partition, however often the shard has
// moved away and come back. A log only grows, so a record that was written at or before that offset tells that the log
// was cut: Kafka has lost records, or the topic was made again. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "core/journal.h"

namespace auditstream::kafka {

class WrittenOffsets {
 public:
  // Of a record that the broker has acknowledged; in the order of a partition's offsets.
  std::optional<core::TruncatedLog> note(std::string_view topic, int partition, std::int64_t offset);

 private:
  Mutex mutex_;
  std::map<std::string, std::map<int, std::int64_t>, std::less<>> offsets_ AS_GUARDED_BY(mutex_);
};

}  // namespace auditstream::kafka
