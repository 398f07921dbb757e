#include "core/ledger.h"

#include <algorithm>
#include <map>
#include <utility>

#include "auditstream/vendor.h"
#include "base/hash.h"

namespace auditstream::core {
namespace {

// Forgetting an unreadable event too early would dead-letter it twice, so each is remembered longer than
// needed by this much, and renewed at most that often.
constexpr Duration unreadable_spare = 24h;

// How far below the floor a vendor shows events that were not asked for: a request has a margin, or takes whole days.
Duration shown_below_the_floor(const Source& source) {
  return source.api != nullptr && source.api->traits().by_day ? 72h : 1min;
}

}  // namespace

Ledger::Ledger(const Source& source, Time since, Time now) {
  cursor_.source = source.name;
  cursor_.vendor = source.vendor;
  cursor_.account = source.account;
  cursor_.origin = source.origin;
  cursor_.filter = source.filter;
  cursor_.backfill_start_time = source.backfill_start_time;
  cursor_.since = since;
  cursor_.watermark = since;
  cursor_.floor = Position{since, ""};
  cursor_.updated = now;
  dirty_ = true;
  remembered_for_ = shown_below_the_floor(source);
  hear_from_the_floor_on();
}

Result<Ledger> Ledger::restore(std::string_view source, const RecordMap& records) {
  const auto found = records.find(source);
  AS_CHECK(found != records.end());
  Result<DecodedCursor> decoded = decode_cursor(found->second);
  if (!decoded.ok()) return decoded.error();
  if (decoded->cursor.source != source)
    return Error{"it names the source \"" + decoded->cursor.source + "\""};

  Ledger ledger;
  ledger.cursor_ = decoded->cursor;
  ledger.open_ = decoded->open;
  ledger.ids_.insert(ledger.open_.ids.begin(), ledger.open_.ids.end());
  const std::string prefix = std::string(source) + "/seen/";
  for (auto at = records.lower_bound(prefix); at != records.end() && at->first.starts_with(prefix); ++at) {
    const std::optional<std::uint64_t> number = chunk_number(source, at->first);
    if (!number) return Error{"its record \"" + at->first + "\" has a key that auditstream never writes"};
    ledger.next_chunk_ = std::max(ledger.next_chunk_, *number + 1);
    Result<DecodedChunk> chunk = decode_chunk(at->second);
    if (!chunk.ok()) return Error{"its record \"" + at->first + "\" can't be read: " + chunk.error().message};
    if (chunk->generation != ledger.cursor_.generation) {
      ledger.tombstones_.push_back(*number);
      continue;
    }
    if (chunk->chunk.unreadable) {
      for (std::uint64_t id : chunk->chunk.ids) {
        Time& until = ledger.unreadable_.try_emplace(id, chunk->chunk.to.time).first->second;
        until = std::max(until, chunk->chunk.to.time);
      }
    } else {
      ledger.ids_.insert(chunk->chunk.ids.begin(), chunk->chunk.ids.end());
    }
    ledger.chunks_.push_back(Stored{*number, std::move(chunk->chunk), true});
  }
  ledger.hear_from_the_floor_on();
  ledger.lost_chunks_ =
      ledger.cursor_.chunks - std::min<std::uint64_t>(ledger.cursor_.chunks, ledger.chunks_.size());
  return ledger;
}

std::optional<Time> Ledger::dead_lettered_until(std::uint64_t id) const {
  const auto found = unreadable_.find(id);
  return found == unreadable_.end() ? std::nullopt : std::optional(found->second);
}

Reach Ledger::reach(Part part) const {
  if (part == Part::present) return {cursor_.watermark, cursor_.floor};
  AS_CHECK(cursor_.history);
  return {cursor_.history->watermark, cursor_.history->floor};
}

// Ids of before may belong to either part: they are remembered until the history is over.
void Ledger::split(Time border) {
  AS_CHECK(!cursor_.history && cursor_.floor.time < border);
  close_chunk(open_);
  close_chunk(future_);
  cursor_.history = History{border, cursor_.watermark, cursor_.floor, next_chunk_, {}};
  cursor_.floor = Position{border, ""};
  dirty_ = true;
  hear_from_the_floor_on();
}

bool Ledger::join() {
  if (!cursor_.history || cursor_.floor != Position{cursor_.history->until, ""}) return false;
  close_chunk(history_);
  cursor_.floor = cursor_.history->floor;
  cursor_.history.reset();
  dirty_ = true;
  return true;
}

void Ledger::advance(Part part, Time watermark, Position floor) {
  const auto rise = [&](Time& known) {
    if (watermark <= known) return;
    known = watermark;
    dirty_ = true;
  };
  if (part == Part::history) rise(cursor_.history->watermark);
  rise(cursor_.watermark);  // until the present has shown anything, the source is as far as its history
  raise_floor(part, std::move(floor));
}

void Ledger::publish(const Position& position, std::uint64_t id) {
  dirty_ = true;
  const bool of_history = in_history(position);
  if (position <= (of_history ? cursor_.history->floor : cursor_.floor)) {
    if (position.time >= cursor_.floor.time - remembered_for_) {
      remember({position, false, {id}});
    } else if (!of_history) {
      heard_from_ = std::max(heard_from_, position);
    }
    return;
  }
  if (!ids_.insert(id).second) return;
  SeenChunk& chunk = of_history ? history_ : position.time > cursor_.watermark ? future_ : open_;
  chunk.to = chunk.ids.empty() ? position : std::max(chunk.to, position);
  chunk.ids.push_back(id);
  if (chunk.ids.size() == chunk_ids_max) close_chunk(chunk);
}

void Ledger::dead_letter(const std::vector<std::uint64_t>& ids, Time until) {
  if (ids.empty()) return;
  dirty_ = true;
  until += unreadable_spare;
  SeenChunk chunk{Position{until, ""}, true, ids};
  for (std::uint64_t id : ids) {
    Time& known = unreadable_.try_emplace(id, until).first->second;
    known = std::max(known, until);
  }
  close_chunk(chunk);
}

void Ledger::count(std::size_t published, std::size_t dead_letters) {
  cursor_.published += published;
  cursor_.dead_letters += dead_letters;
  if (published + dead_letters > 0) dirty_ = true;
}

void Ledger::close_chunk(SeenChunk& chunk) {
  if (!chunk.ids.empty()) chunks_.push_back(Stored{next_chunk_++, std::exchange(chunk, {}), false});
}

bool Ledger::note_last_error(Part part, std::optional<LastError> last_error) {
  std::optional<LastError>& known = part == Part::present ? cursor_.last_error : cursor_.history->last_error;
  if (known == last_error) return false;
  known = std::move(last_error);
  dirty_ = true;
  return true;
}

void Ledger::note_lateness(Duration lateness) {
  if (lateness <= cursor_.lateness || cursor_.watermark - lateness < punctual_until_) return;
  cursor_.lateness = ceil<std::chrono::seconds>(lateness);
  dirty_ = true;
}

void Ledger::adopt(const Source& source) {
  remembered_for_ = shown_below_the_floor(source);
  hear_from_the_floor_on();
  if (cursor_.filter == source.filter && cursor_.backfill_start_time == source.backfill_start_time) return;
  if (cursor_.filter != source.filter) punctual_until_ = cursor_.watermark;
  cursor_.filter = source.filter;
  cursor_.backfill_start_time = source.backfill_start_time;
  dirty_ = true;
}

void Ledger::restart_at(Time since) {
  AS_CHECK(cursor_.published == 0 && cursor_.dead_letters == 0 && ids_.empty());
  cursor_.since = since;
  cursor_.watermark = since;
  cursor_.floor = Position{since, ""};
  dirty_ = true;
  hear_from_the_floor_on();
}

// An event without a readable time may show up in either part.
bool Ledger::below_floor(const Stored& stored) const {
  const SeenChunk& chunk = stored.chunk;
  if (!cursor_.history) return chunk.to <= cursor_.floor;
  if (chunk.unreadable || in_history(chunk.to)) return chunk.to <= cursor_.history->floor;
  return stored.number >= cursor_.history->first_chunk && chunk.to <= cursor_.floor;
}

void Ledger::raise_floor(Part part, Position floor) {
  Position& known = part == Part::present ? cursor_.floor : cursor_.history->floor;
  if (floor <= known) return;
  known = std::move(floor);
  dirty_ = true;
  const bool over = cursor_.history && cursor_.history->floor.time >= cursor_.history->until;
  if (over) cursor_.history.reset();
  for (SeenChunk* chunk : {&open_, &future_}) {
    if (chunk->ids.empty() || chunk->to > cursor_.floor) continue;
    forget(*chunk);
    *chunk = {};
  }
  if (!history_.ids.empty() && history_.to <= cursor_.complete_to()) {
    forget(history_);
    history_ = {};
  }
  std::erase_if(chunks_, [this](const Stored& stored) {
    if (!below_floor(stored)) return false;
    forget(stored.chunk);
    if (stored.written) tombstones_.push_back(stored.number);
    return true;
  });
  std::erase_if(passed_, [this](const SeenChunk& chunk) {
    if (chunk.to.time >= cursor_.floor.time - remembered_for_) return false;
    for (const std::uint64_t id : chunk.ids) passed_ids_.erase(id);
    heard_from_ = std::max(heard_from_, chunk.to);
    return true;
  });
}

void Ledger::hear_from_the_floor_on() {
  passed_.clear();
  passed_ids_.clear();
  heard_from_ = std::max(heard_from_, cursor_.floor);
}

void Ledger::remember(const SeenChunk& chunk) {
  if (chunk.unreadable || in_history(chunk.to) || chunk.to <= heard_from_) return;
  passed_ids_.insert(chunk.ids.begin(), chunk.ids.end());
  passed_.push_back(chunk);
  if (passed_ids_.size() > ids_max) hear_from_the_floor_on();
}

void Ledger::forget(const SeenChunk& chunk) {
  remember(chunk);
  for (std::uint64_t id : chunk.ids) {
    if (!chunk.unreadable) {
      ids_.erase(id);
      continue;
    }
    // It may have been seen again since: then a later chunk has it, too.
    const auto found = unreadable_.find(id);
    if (found != unreadable_.end() && found->second <= cursor_.complete_to().time) unreadable_.erase(found);
  }
}

bool Ledger::shrink() {
  if (ids_.size() <= ids_max) return false;
  close_chunk(open_);
  close_chunk(history_);
  std::vector<const SeenChunk*> oldest_first;
  for (const Stored& stored : chunks_) {
    const SeenChunk& chunk = stored.chunk;
    const bool future = chunk.to.time > cursor_.watermark;
    const bool of_either =
        cursor_.history && !in_history(chunk.to) && stored.number < cursor_.history->first_chunk;
    if (!chunk.unreadable && !future && !of_either) oldest_first.push_back(&chunk);
  }
  std::ranges::sort(oldest_first, {}, [](const SeenChunk* chunk) { return chunk->to; });
  std::size_t left = ids_.size();
  std::map<Part, Position> floors;
  dirty_ = true;
  for (const SeenChunk* chunk : oldest_first) {
    if (left <= ids_max / 2) break;
    left -= std::min(left, chunk->ids.size());
    floors[in_history(chunk->to) ? Part::history : Part::present] = chunk->to;
  }
  for (auto& [part, floor] : floors) raise_floor(part, std::move(floor));
  return true;
}

void Ledger::write_all_again() {
  for (Stored& stored : chunks_) stored.written = false;
  dirty_ = true;
}

std::vector<Record> Ledger::take_records(Time now) {
  if (!dirty_) return {};
  dirty_ = false;
  if (open_.ids.size() > inline_ids_max) close_chunk(open_);
  close_chunk(future_);
  close_chunk(history_);
  cursor_.updated = now;
  cursor_.chunks = chunks_.size();
  std::vector<Record> records;
  records.push_back(Record{cursor_.source, encode_cursor(cursor_, open_)});
  for (Stored& stored : chunks_) {
    if (stored.written) continue;
    stored.written = true;
    records.push_back(
        Record{chunk_key(cursor_.source, stored.number), encode_chunk(stored.chunk, cursor_.generation)});
  }
  for (std::uint64_t number : tombstones_)
    records.push_back(Record{chunk_key(cursor_.source, number), std::nullopt});
  tombstones_.clear();
  return records;
}

}  // namespace auditstream::core
