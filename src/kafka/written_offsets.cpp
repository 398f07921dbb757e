#include "kafka/written_offsets.h"

#include <utility>

namespace auditstream::kafka {

std::optional<core::TruncatedLog> WrittenOffsets::note(std::string_view topic, int partition,
                                                       std::int64_t offset) {
  MutexLock lock(mutex_);
  auto found = offsets_.find(topic);
  if (found == offsets_.end()) found = offsets_.try_emplace(std::string(topic)).first;
  const std::int64_t before = std::exchange(found->second.try_emplace(partition, -1).first->second, offset);
  if (offset > before) return std::nullopt;
  return core::TruncatedLog{std::string(topic), partition, before, offset};
}

}  // namespace auditstream::kafka
