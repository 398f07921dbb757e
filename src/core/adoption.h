// Where a source begins by its config, and whether it may continue from the cursor that was found. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/vendor.h"
#include "core/cursor.h"
#include "core/notice.h"

namespace auditstream::core {

// The configured beginning, truncated to the precision of the vendor's times: otherwise an event of that very
// moment would lie before it.
Time first_since(const Source& source, Time now);

// Why the source must not be polled from this cursor in this partition, with the remedy; nothing if it may.
std::optional<std::string> why_not_adopted(const Source& source, const Cursor& cursor, int partition);

// Whether the source began at its first start or at a reset, not at a backfill_start_time, and has published
// nothing: its beginning may still be corrected.
bool is_first_cursor(const Cursor& cursor);

// Why the cursor must not be used yet, by a clock that may be `behind_max` behind: it lies in the future, and
// events below it would never be published.
std::optional<std::string> lies_in_the_future(const Source& source, const Cursor& cursor, Time now,
                                              Duration behind_max = {});

// Warns of settings that have changed since the cursor was written, and whose effect may surprise.
std::vector<Notice> adoption_warnings(const Source& source, const Cursor& cursor);

// Why the source must not be polled: its cursor can't be read, for this reason.
std::string cursor_cant_be_used(const Source& source, const std::string& reason);

// Why the source must not be polled here: its cursor lies in another partition, under this account.
std::string cursor_lies_in(const Source& source, int partition, const std::string& account);

// Why the source must not be polled: its cursor has disappeared from this partition.
std::string cursor_has_gone(const Source& source, int partition);

// Why the source must not be polled: so many of the records with the ids above its floor have disappeared.
std::string ids_have_gone(const Source& source, const Cursor& cursor, std::uint64_t lost);

}  // namespace auditstream::core
