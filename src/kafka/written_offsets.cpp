#include "kafka/written_offsets.h"

namespace auditstream::kafka {

std::optional<core::TruncatedLog> WrittenOffsets::note(std::string_view topic, int partition,
                                                       std::int64_t offset) {
  const bool same =
      latest_ != offsets_.end() && latest_->first.second == partition && latest_->first.first == topic;
  if (!same) latest_ = offsets_.try_emplace({std::string(topic), partition}, -1).first;
  const std::int64_t before = std::exchange(latest_->second, offset);
  if (offset > before) return std::nullopt;
  return core::TruncatedLog{std::string(topic), partition, before, offset};
}

}  // namespace auditstream::kafka
