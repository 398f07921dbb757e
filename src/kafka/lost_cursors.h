// LostCursors: sources that are about to begin although their topic holds events of theirs. Their cursor is
// lost: the offsets topic was emptied or recreated, or another one is configured.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "core/offsets_view.h"
#include "kafka/client.h"

namespace auditstream::kafka {

struct LostCursors {
  std::vector<std::string> gone;     // the sentences
  std::vector<std::string> unknown;  // where the search took too long
};

// Says what will happen if nobody acts, and the remedy: a sentence for each such source found among the last
// records of its topic; or one for all, if none was found but no source has a cursor and a topic is not
// empty. `offsets` are the live records of the offsets topic. Changes nothing.
LostCursors lost_cursors(const Connection& connection, const config::Config& config,
                         const core::OffsetsView& offsets);

}  // namespace auditstream::kafka
