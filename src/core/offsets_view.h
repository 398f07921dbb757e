// OffsetsView: what the offsets topic says, folded record by record: who owns its partitions, and which
// cursors lie where. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/cursor.h"
#include "core/owner_record.h"

namespace auditstream::core {

// Somebody, perhaps ourselves, has opened a partition. In the order of its log.
struct OwnerMark {
  int partition = 0;
  std::string mark;
};

// A partition has a cursor of the source from now on; without an account it has none any more.
struct CursorSeen {
  std::string source;
  int partition = 0;
  std::optional<std::string> account;
};

using OffsetsEvent = std::variant<OwnerMark, CursorSeen>;

// By source and partition: under which account its cursor lies there. Partitions are read side by side, so
// while a cursor moves it may for a moment lie in both, or in none.
using CursorPlaces = std::map<std::string, std::map<int, std::string>, std::less<>>;

// A cursor as it lies in a partition.
struct PlacedCursor {
  std::string account;           // "?" where that can't be read
  std::optional<Cursor> cursor;  // nothing where it can't be read
  std::string unreadable;        // why; "" where it can
};

class OffsetsView {
 public:
  using Places = std::map<int, PlacedCursor>;  // by partition

  // Of the live records of each partition.
  static OffsetsView of(const std::vector<RecordMap>& partitions);

  // Applies a record, in the order of its partition. Returns what matters to shards: every mark; a cursor
  // that appears, disappears or changes its account.
  std::optional<OffsetsEvent> apply(int partition, std::string_view key,
                                    const std::optional<std::string_view>& value);

  // Who has opened the partition last; null: nobody has. Its members are empty where the record can't be
  // read.
  const OwnerRecord* owner(int partition) const;
  const std::map<int, OwnerRecord>& owners() const { return owners_; }
  // By source.
  const std::map<std::string, Places, std::less<>>& cursors() const { return cursors_; }
  // The source's cursor: the one in `home` if there is one, for others were left behind by another account.
  // Null: it has none.
  const Places::value_type* cursor(std::string_view source, int home) const;
  CursorPlaces places() const;

 private:
  std::map<int, OwnerRecord> owners_;
  std::map<std::string, Places, std::less<>> cursors_;
};

// Adds a record to the live ones of its partition; a tombstone takes one away.
void apply(RecordMap& records, std::string_view key, const std::optional<std::string_view>& value);

}  // namespace auditstream::core
