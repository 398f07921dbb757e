// CursorEdit: what an operator's change of a cursor writes into the offsets topic. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/json_writer.h"
#include "auditstream/model.h"
#include "auditstream/result.h"
#include "auditstream/time.h"
#include "core/cursor.h"

namespace auditstream::core {

// By partition of the offsets topic. Every function here needs all partitions that have a cursor of the
// source, and its home partition.
using ShardMaps = std::map<int, RecordMap>;
using ShardRecords = std::map<int, std::vector<Record>>;

// The partitions, of those given, in which the source has a cursor.
std::vector<int> cursor_partitions(std::string_view source, const ShardMaps& shards);

struct CursorChange {
  int from = 0;
  int to = 0;
  std::optional<Cursor> before;  // as it lies in `from`; nothing where there is none that can be read
  std::optional<Cursor> after;   // as it will lie in `to`; nothing: it is gone
  ShardRecords records;          // to be committed in one transaction; none: nothing has to change

  // Whether `found`, read later, is the result of this very change. If the outcome was unknown, making the
  // change again would publish a third time.
  bool explains(const std::optional<Cursor>& found) const;
  // "acme: this skips 2 h, ...": what would never be published; "" if there is nothing.
  std::string skip(std::string_view source) const;
  // How much of the log is published again (positive) or skipped (negative), as far as that can be told.
  Duration again() const;
  // "12.5 h are published again", or how much is skipped; "" if no cursor is left.
  std::string consequence() const;
  // The same for programs; null where that can't be told.
  json::Value hours_published_again() const;
  json::Value hours_skipped() const;
};

// "12.5 h"
std::string in_hours(Duration duration);

// Carries the source's cursor over to the partition `to` and to the account and origin of its config;
// position and remembered ids stay what they are.
Result<CursorChange> move_cursor(const Source& source, const ShardMaps& shards, int to, Time now);

// Publishes again exactly what is at or after `position`, or skips what is before it. `home` is the partition
// of the source's account.
Result<CursorChange> set_cursor(const Source& source, const ShardMaps& shards, int home, Time position,
                                Time now);

// Begins anew at `since`, under the account and origin of the config, whatever is there now: also where the
// cursor can't be read, or lies in several partitions.
Result<CursorChange> reset_cursor(const Source& source, const ShardMaps& shards, int home, Time since,
                                  Time now);

// Removes every trace of the source.
Result<CursorChange> delete_cursor(std::string_view source, const ShardMaps& shards);

// Stops the polling of the source, or lets it go on, wherever its cursor lies.
Result<CursorChange> pause_cursor(std::string_view source, const ShardMaps& shards, Cursor::State state,
                                  Time now);

}  // namespace auditstream::core
