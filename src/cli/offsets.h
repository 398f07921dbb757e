// The content of the offsets topic, for commands. Fences nobody.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auditstream/result.h"
#include "config/config.h"
#include "core/offsets_view.h"

namespace auditstream::cli {

struct Offsets {
  std::vector<core::RecordMap> partitions;  // the live records; none if the topic doesn't exist
  core::OffsetsView view;                   // what these records say

  // The cursor's record as it is in the topic.
  const std::string& record(const std::string& source, int partition) const {
    return partitions.at(static_cast<std::size_t>(partition)).at(source);
  }
};
Result<Offsets> read_offsets(const config::Config& config);

// `no cursor of "acme", did you mean "acme2"?`
std::string no_cursor_of(std::string_view source, const core::OffsetsView& view);

}  // namespace auditstream::cli
