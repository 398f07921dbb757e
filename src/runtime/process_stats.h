// Asks the operating system about this process.
#pragma once

#include <optional>

#include "admin/process_stats.h"

namespace auditstream::runtime {

// Nothing if /proc can't be read. From any thread.
std::optional<admin::ProcessStats> process_stats();

}  // namespace auditstream::runtime
