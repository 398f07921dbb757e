// CursorEdit: what an operator's change of a cursor writes into the offsets topic. Pure.
#pragma once

#include <map>
#include <vector>

#include "auditstream/cursor.h"
#include "auditstream/model.h"
#include "auditstream/result.h"
#include "auditstream/time.h"

namespace auditstream {

// By partition of the offsets topic.
using ShardMaps = std::map<int, RecordMap>;
using ShardRecords = std::map<int, std::vector<Record>>;

// The partitions, of those given, in which the source has a cursor.
std::vector<int> cursor_partitions(std::string_view source, const ShardMaps& shards);

struct CursorMove {
  int from = 0;
  int to = 0;
  Cursor cursor;         // as it lies in `from`
  ShardRecords records;  // to be committed as one; none: the cursor lies where and as it should
};

// Carries the source's cursor over to the partition `to` and to the account and origin of its config;
// position and remembered ids stay what they are. `shards` has `to` and every partition that has a cursor of
// the source.
Result<CursorMove> move_cursor(const Source& source, const ShardMaps& shards, int to, Time now);

}  // namespace auditstream
