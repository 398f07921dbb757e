// How large an overlap the lateness that was seen asks for. Pure.
#pragma once

#include <optional>
#include <string>

#include "auditstream/model.h"
#include "auditstream/time.h"
#include "core/cursor.h"

namespace auditstream::core {

// Twice as late as any event that was seen, as a round number, and at least 10 minutes.
Duration overlap_for(Duration latest);

// The overlap that leaves that much room, if the source's own does not.
std::optional<Duration> advised_overlap(const Source& source, const Cursor& cursor);
// "acme: overlap: 30m is advised instead of 10m: ..."; nothing if it is large enough.
std::optional<std::string> overlap_advice(const Source& source, const Cursor& cursor);

}  // namespace auditstream::core
