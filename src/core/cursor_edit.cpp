#include "core/cursor_edit.h"

#include <string>
#include <utility>

#include "auditstream/ledger.h"

namespace auditstream {
namespace {

// The source's chunks, whatever their generation.
RecordMap chunks_of(std::string_view source, const RecordMap& records) {
  const std::string prefix = std::string(source) + "/";
  RecordMap chunks;
  for (auto at = records.lower_bound(prefix); at != records.end() && at->first.starts_with(prefix); ++at)
    chunks.insert(*at);
  return chunks;
}

Error too_many(std::string_view source, const std::vector<int>& partitions) {
  std::string list;
  for (const int partition : partitions) list += (list.empty() ? "" : ", ") + std::to_string(partition);
  return Error{
      "there are cursors of " + std::string(source) + " in partitions " + list +
      ", and which of them is the true one is not for a tool to say: give the source back the account of "
      "the right one"};
}

}  // namespace

std::vector<int> cursor_partitions(std::string_view source, const ShardMaps& shards) {
  std::vector<int> partitions;
  for (const auto& [partition, records] : shards) {
    if (records.contains(source)) partitions.push_back(partition);
  }
  return partitions;
}

Result<CursorMove> move_cursor(const Source& source, const ShardMaps& shards, int to, Time now) {
  const std::vector<int> places = cursor_partitions(source.name, shards);
  if (places.empty()) return Error{source.name + " has no cursor: it has never been polled"};
  if (places.size() > 1) return too_many(source.name, places);
  CursorMove move;
  move.from = places.front();
  move.to = to;
  const RecordMap& old_home = shards.at(move.from);
  // A cursor that no owner could use is not carried anywhere.
  if (const Result<Ledger> ledger = Ledger::restore(source.name, old_home); !ledger.ok())
    return Error{"the cursor of " + source.name + " can't be used: " + ledger.error().message};
  DecodedCursor decoded = *decode_cursor(old_home.at(source.name));
  move.cursor = decoded.cursor;
  if (decoded.cursor.vendor != source.vendor) {
    return Error{"the cursor of " + source.name + " belongs to a log of " + decoded.cursor.vendor +
                 ", and the config says " + source.vendor +
                 ": events of another vendor are another source, so give it a new name"};
  }
  if (move.from == to && decoded.cursor.account == source.account && decoded.cursor.origin == source.origin)
    return move;

  decoded.cursor.account = source.account;
  decoded.cursor.origin = source.origin;
  decoded.cursor.updated = now;
  std::vector<Record>& new_home = move.records[to];
  new_home.push_back(Record{source.name, encode_cursor(decoded.cursor, decoded.open)});
  if (move.from == to) return move;

  const RecordMap chunks = chunks_of(source.name, old_home);
  for (const auto& [key, value] : chunks) new_home.push_back(Record{key, value});
  // Ids from another life in the new partition would count as published.
  for (const auto& [key, value] : chunks_of(source.name, shards.at(to))) {
    if (!chunks.contains(key)) new_home.push_back(Record{key, std::nullopt});
  }
  std::vector<Record>& tombstones = move.records[move.from];
  tombstones.push_back(Record{source.name, std::nullopt});
  for (const auto& [key, value] : chunks) tombstones.push_back(Record{key, std::nullopt});
  return move;
}

}  // namespace auditstream
