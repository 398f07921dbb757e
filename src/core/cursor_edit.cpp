#include "core/cursor_edit.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/adoption.h"
#include "core/ledger.h"

namespace auditstream::core {
namespace {

// The source's chunks, whatever their generation.
RecordMap chunks_of(std::string_view source, const RecordMap& records) {
  const std::string prefix = std::string(source) + "/";
  RecordMap chunks;
  for (auto at = records.lower_bound(prefix); at != records.end() && at->first.starts_with(prefix); ++at)
    chunks.insert(*at);
  return chunks;
}

void remove_chunks(std::string_view source, const RecordMap& shard, std::vector<Record>& records) {
  for (const auto& [key, value] : chunks_of(source, shard)) records.push_back(Record{key, std::nullopt});
}

json::Value hours(Duration duration) {
  const std::chrono::duration<double, std::ratio<3600>> count = std::max(duration, Duration{0});
  return json::Value::raw(std::to_string(count.count()));
}

Error has_none(std::string_view source) {
  return Error{std::string(source) + " has no cursor: it has never been polled"};
}

Error too_many(std::string_view source, const std::vector<int>& partitions) {
  std::string list;
  for (const int partition : partitions) list += (list.empty() ? "" : ", ") + std::to_string(partition);
  return Error{
      "there are cursors of " + std::string(source) + " in partitions " + list +
      ", and which of them is the true one is not for a tool to say: give the source back the account of "
      "the right one"};
}

struct Place {
  int partition;
  DecodedCursor cursor;
};

// The source's only cursor, if an owner could use it.
Result<Place> only_cursor(std::string_view source, const ShardMaps& shards) {
  const std::vector<int> places = cursor_partitions(source, shards);
  if (places.empty()) return has_none(source);
  if (places.size() > 1) return too_many(source, places);
  const RecordMap& home = shards.at(places.front());
  if (const Result<Ledger> ledger = Ledger::restore(source, home); !ledger.ok()) {
    return Error{"the cursor of " + std::string(source) + " can't be used: " + ledger.error().message +
                 "; auditstream cursors reset " + std::string(source) + " begins anew"};
  }
  return Place{places.front(), *decode_cursor(home.find(source)->second)};
}

// Higher than any generation that is there, even if the cursor can't be read: no old chunk is taken for new.
std::uint64_t next_generation(std::string_view source, const ShardMaps& shards) {
  std::uint64_t last = 0;
  for (const auto& [partition, records] : shards) {
    if (const auto cursor = records.find(source); cursor != records.end())
      last = std::max(last, generation_of_cursor(cursor->second));
    for (const auto& [key, value] : chunks_of(source, records)) {
      const Result<DecodedChunk> chunk = decode_chunk(value);
      if (chunk.ok()) last = std::max(last, chunk->generation);
    }
  }
  return last + 1;
}

}  // namespace

Duration CursorChange::again() const {
  if (!before || !after) return Duration{0};
  // What of a history had not been read yet would be skipped.
  const bool skips_history = before->history && after->watermark > before->history->floor.time;
  return (skips_history ? before->history->floor.time : before->watermark) - after->watermark;
}

std::string in_hours(Duration duration) {
  std::string text = std::to_string(std::chrono::duration<double, std::ratio<3600>>(duration).count());
  text.erase(text.find('.') + 2);
  return text + " h";
}

std::string CursorChange::consequence() const {
  if (!after) return "";
  if (!before) return "how much is published again or skipped can't be told, the cursor is unreadable";
  if (again() == Duration{0}) return "nothing is published again, nothing is skipped";
  return again() > Duration{0} ? in_hours(again()) + " are published again"
                               : in_hours(-again()) + " are skipped";
}

json::Value CursorChange::hours_published_again() const {
  return before ? hours(again()) : json::Value::null();
}

json::Value CursorChange::hours_skipped() const { return before ? hours(-again()) : json::Value::null(); }

std::string CursorChange::skip(std::string_view source) const {
  if (again() >= Duration{0}) return "";
  return std::string(source) + ": this skips " + in_hours(-again()) + ", from " +
         format_rfc3339(after->watermark + again()) + " to " + format_rfc3339(after->watermark) +
         ": what lies in between would never be published";
}

bool CursorChange::explains(const std::optional<Cursor>& found) const {
  if (!after) return !found;
  const std::uint64_t generation_before = before ? before->generation : 0;
  return found && after->generation > generation_before && found->generation == after->generation;
}

std::vector<int> cursor_partitions(std::string_view source, const ShardMaps& shards) {
  std::vector<int> partitions;
  for (const auto& [partition, records] : shards) {
    if (records.contains(source)) partitions.push_back(partition);
  }
  return partitions;
}

Result<CursorChange> move_cursor(const Source& source, const ShardMaps& shards, int to, Time now) {
  Result<Place> place = only_cursor(source.name, shards);
  if (!place.ok()) return place.error();
  auto& [from, decoded] = *place;
  if (decoded.cursor.vendor != source.vendor) {
    return Error{"the cursor of " + source.name + " belongs to a log of " + decoded.cursor.vendor +
                 ", and the config says " + source.vendor +
                 ": events of another vendor are another source, so give it a new name"};
  }
  CursorChange change{from, to, decoded.cursor, decoded.cursor, {}};
  if (from == to && decoded.cursor.account == source.account && decoded.cursor.origin == source.origin)
    return change;

  decoded.cursor.account = source.account;
  decoded.cursor.origin = source.origin;
  decoded.cursor.updated = now;
  change.after = decoded.cursor;
  std::vector<Record>& new_home = change.records[to];
  new_home.push_back(Record{source.name, encode_cursor(decoded.cursor, decoded.open)});
  if (from == to) return change;

  const RecordMap chunks = chunks_of(source.name, shards.at(from));
  for (const auto& [key, value] : chunks) new_home.push_back(Record{key, value});
  // Old chunks left in the new partition would make their ids count as published.
  for (const auto& [key, value] : chunks_of(source.name, shards.at(to))) {
    if (!chunks.contains(key)) new_home.push_back(Record{key, std::nullopt});
  }
  std::vector<Record>& tombstones = change.records[from];
  tombstones.push_back(Record{source.name, std::nullopt});
  remove_chunks(source.name, shards.at(from), tombstones);
  return change;
}

Result<CursorChange> set_cursor(const Source& source, const ShardMaps& shards, int home, Time position,
                                Time now) {
  const Result<Place> place = only_cursor(source.name, shards);
  if (!place.ok()) return place.error();
  if (std::optional<std::string> why = why_not_adopted(source, place->cursor.cursor, place->partition))
    return Error{*std::move(why)};
  if (place->partition != home)
    return Error{cursor_lies_in(source, place->partition, place->cursor.cursor.account)};
  CursorChange change{home, home, place->cursor.cursor, place->cursor.cursor, {}};
  Cursor& cursor = *change.after;
  cursor.since = std::min(cursor.since, position);
  cursor.watermark = position;
  cursor.floor = Position{position, ""};
  cursor.history.reset();
  cursor.generation = next_generation(source.name, shards);
  cursor.chunks = 0;
  cursor.last_error.reset();
  cursor.updated = now;
  std::vector<Record>& records = change.records[home];
  records.push_back(Record{source.name, encode_cursor(cursor, {})});
  remove_chunks(source.name, shards.at(home), records);
  return change;
}

Result<CursorChange> reset_cursor(const Source& source, const ShardMaps& shards, int home, Time since,
                                  Time now) {
  const std::vector<int> places = cursor_partitions(source.name, shards);
  if (places.empty()) return has_none(source.name);
  CursorChange change{places.front(), home, {}, Ledger(source, since, now).cursor(), {}};
  change.after->generation = next_generation(source.name, shards);
  if (const Result<Place> place = only_cursor(source.name, shards); place.ok()) {
    change.before = place->cursor.cursor;
    change.after->state = change.before->state;
  }
  for (const auto& [partition, records] : shards) {
    std::vector<Record> written;
    if (partition == home) {
      written.push_back(Record{source.name, encode_cursor(*change.after, {})});
    } else if (records.contains(source.name)) {
      written.push_back(Record{source.name, std::nullopt});
    }
    remove_chunks(source.name, records, written);
    if (!written.empty()) change.records[partition] = std::move(written);
  }
  return change;
}

Result<CursorChange> delete_cursor(std::string_view source, const ShardMaps& shards) {
  const std::vector<int> places = cursor_partitions(source, shards);
  if (places.empty()) return has_none(source);
  CursorChange change{places.front(), places.front(), {}, {}, {}};
  if (const Result<Place> place = only_cursor(source, shards); place.ok())
    change.before = place->cursor.cursor;
  for (const int partition : places) {
    std::vector<Record>& records = change.records[partition];
    records.push_back(Record{std::string(source), std::nullopt});
    remove_chunks(source, shards.at(partition), records);
  }
  return change;
}

Result<CursorChange> pause_cursor(std::string_view source, const ShardMaps& shards, Cursor::State state,
                                  Time now) {
  Result<Place> place = only_cursor(source, shards);
  if (!place.ok()) return place.error();
  auto& [partition, decoded] = *place;
  CursorChange change{partition, partition, decoded.cursor, decoded.cursor, {}};
  if (decoded.cursor.state == state) return change;
  decoded.cursor.state = state;
  decoded.cursor.updated = now;
  change.after = decoded.cursor;
  change.records[partition].push_back(
      Record{std::string(source), encode_cursor(decoded.cursor, decoded.open)});
  return change;
}

}  // namespace auditstream::core
