// Where a source, as configured, begins, and whether it may go on from a cursor, as found. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/vendor.h"
#include "core/cursor.h"
#include "core/notice.h"

namespace auditstream::core {

// The beginning that the config gives: cut to the precision of the vendor's times, or an event of that very
// moment would lie before it.
Time first_since(const Source& source, Time now);

// Why the source must not be polled from this cursor in this partition, with the remedy; nothing if it may.
std::optional<std::string> why_not_adopted(const Source& source, const Cursor& cursor, int partition);

// Of a source that began when it was first started, or reset, and of which nothing is out: its beginning may
// still be mended.
bool is_first_cursor(const Cursor& cursor);

// Why it must not at this time, by a clock that may be so far behind: what lies below the cursor would never
// be published.
std::optional<std::string> lies_in_the_future(const Source& source, const Cursor& cursor, Time now,
                                              Duration behind_max = {});

// What has changed in the settings since the cursor was written and acts otherwise than one might think.
std::vector<Notice> adoption_warnings(const Source& source, const Cursor& cursor);

// Why a source whose cursor can't be read, for that reason, must not be polled.
std::string cursor_cant_be_used(const Source& source, const std::string& reason);

// Why the source must not be polled in a partition that has no cursor of it.
std::string cursor_lies_in(const Source& source, int partition, const std::string& account);

// The same for one that had one there.
std::string cursor_has_gone(const Source& source, int partition);

}  // namespace auditstream::core
