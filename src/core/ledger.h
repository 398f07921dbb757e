// Ledger: what a source has published, as far as it can matter: its cursor and the ids above the floor. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/result.h"
#include "core/cursor.h"

namespace auditstream::core {

// A source's log in two parts that are read side by side, told apart by the events' own times.
enum class Part { present, history };

// How far one of them has been read.
struct Reach {
  Time watermark;
  Position floor;
};

// The rule of the whole program: an event is published if and only if it lies above the floor of its part and its id is
// not here. Changes are collected until take_records() turns them into records for the offsets topic, which
// must be committed in the same transaction as the events that they stand for.
class Ledger {
 public:
  // With more ids than this the floor rises to leave half of them: the overlap shrinks, with a warning.
  static constexpr std::size_t ids_max = 120'000;
  // Ids kept inside the cursor's own record, so that a quiet source writes one record a commit.
  static constexpr std::size_t inline_ids_max = 24;
  // Ids of one chunk record: 11 bytes each, far below any max.message.bytes.
  static constexpr std::size_t chunk_ids_max = 20'000;

  // A source that has never been polled. `since` is already cut to the precision of the vendor's times.
  Ledger(const Source& source, Time since, Time now);
  // From the records of its partition. Errors say what is wrong with the cursor or a chunk.
  static Result<Ledger> restore(std::string_view source, const RecordMap& records);

  const Cursor& cursor() const { return cursor_; }

  // Whether an event with a readable time is already published (or lies at or below the floor).
  bool published(const Position& position, std::uint64_t id) const {
    return position <= (in_history(position) ? cursor_.history->floor : cursor_.floor) || ids_.contains(id);
  }
  // Whether it lies below the floor of the present and was never published: it has appeared later than the overlap allows. False
  // also where that can't be told: what was published before the last restore or adopt(), or longer ago than passed ids are
  // remembered.
  bool late(const Position& position, std::uint64_t id) const {
    return position <= cursor_.floor && heard_from_ < position && !in_history(position) &&
           !ids_.contains(id) && !passed_ids_.contains(id);
  }
  // Until when a dead letter without a time is remembered; nothing: it is not known.
  std::optional<Time> dead_lettered_until(std::uint64_t id) const;

  Reach reach(Part part) const;
  // From now on what lies before `border` is history, read from where the source had got to; the present begins there. Only
  // without a history, and behind the floor.
  void split(Time border);
  // The history has been read to its end: the two are one again, with the history's floor. False if the present's floor has
  // risen meanwhile: some of its ids are forgotten, and what it has seen proves that the history is over.
  bool join();

  // The watermark and the floor rise (never fall) to the given places. A history whose floor gets to its end is over.
  void advance(Part part, Time watermark, Position floor);
  // An event with a readable time goes out with the next records, as an event or as a dead letter. After
  // advance(): most events of a historic window lie below the new floor and need not be remembered one by
  // one.
  void publish(const Position& position, std::uint64_t id);
  // A late event goes out with the next records, as a dead letter.
  void dead_letter_late(const Position& position, std::uint64_t id) { remember({position, false, {id}}); }
  // Dead letters without a readable time, new or seen again; remembered until `until` at least.
  void dead_letter(const std::vector<std::uint64_t>& ids, Time until);
  void count(std::size_t published, std::size_t dead_letters);
  // True if there were more than ids_max and the floor had to rise to forget the oldest.
  [[nodiscard]] bool shrink();
  // Records why the source, or its history alone, can't be read, or that it can again. True if that is news.
  bool note_last_error(Part part, std::optional<LastError> last_error);
  const std::optional<LastError>& last_error(Part part) const {
    return part == Part::present ? cursor_.last_error : cursor_.history->last_error;
  }
  // An event has appeared so far behind the watermark. What a new filter shows there is not late.
  void note_lateness(Duration lateness);
  // The source's filter and backfill start are those of the config from now on. What it shows below the floor may be new to us.
  void adopt(const Source& source);
  // Moves the start of a source that has published nothing yet. For a clock that turned out to be ahead.
  void restart_at(Time since);

  // What has to be written so that a restore gives this very state. Empty when nothing has changed.
  std::vector<Record> take_records(Time now);
  // Kafka may have lost some of what was written: all of it goes out with the next records.
  void write_all_again();
  bool dirty() const { return dirty_; }
  std::size_t ids() const { return ids_.size(); }
  // Records with ids that were gone when it was restored: some of what it has published it doesn't know.
  std::uint64_t lost_chunks() const { return lost_chunks_; }

 private:
  struct Stored {
    std::uint64_t number;
    SeenChunk chunk;
    bool written;
  };

  Ledger() = default;
  bool in_history(const Position& position) const {
    return cursor_.history && position.time < cursor_.history->until;
  }
  bool below_floor(const Stored& stored) const;
  void raise_floor(Part part, Position floor);
  void remember(const SeenChunk& chunk);
  void hear_from_the_floor_on();
  void forget(const SeenChunk& chunk);
  void close_chunk(SeenChunk& chunk);

  Cursor cursor_;
  SeenChunk open_;             // goes into the cursor's own record until it is too large
  SeenChunk history_;          // of that part, always in chunks of their own
  SeenChunk future_;           // events beyond the watermark, in chunks of their own: they stay longer
  std::deque<Stored> chunks_;  // records of their own
  std::uint64_t next_chunk_ = 0;
  std::uint64_t lost_chunks_ = 0;
  std::vector<std::uint64_t> tombstones_;
  std::unordered_set<std::uint64_t> ids_;               // all readable ids in open_ and chunks_
  std::unordered_map<std::uint64_t, Time> unreadable_;  // until when each must be known
  bool dirty_ = false;

  // Ids that the floor has passed, not in any record: all that were published above `heard_from_` and are not in ids_.
  std::deque<SeenChunk> passed_;
  std::unordered_set<std::uint64_t> passed_ids_;
  Position heard_from_;
  Duration remembered_for_{0};
  Time punctual_until_ = Time::min();  // what lies before may be shown by a new filter
};

}  // namespace auditstream::core
