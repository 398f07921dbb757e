// Cursor: how far a source has been read, and its spelling as a record of the offsets topic.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/result.h"
#include "core/owner_record.h"

namespace auditstream::core {

// A record of the offsets topic; without a value it is a tombstone.
struct Record {
  std::string key;
  std::optional<std::string> value;
  friend bool operator==(const Record&, const Record&) = default;
};

// The live records of one partition of the offsets topic: key to value.
using RecordMap = std::map<std::string, std::string, std::less<>>;

// A set of published ids: a record of its own or, while it is small, a part of the cursor's record.
struct SeenChunk {
  Position to;  // the highest position in it; dropped once the floor is there
  bool unreadable =
      false;  // ids of dead letters without a readable time; `to.time` is when they may be forgotten
  std::vector<std::uint64_t> ids;  // hash64 of event ids
  friend bool operator==(const SeenChunk&, const SeenChunk&) = default;
};

// Why a source is not read: what the vendor refused, until a reading succeeds.
struct LastError {
  enum class State { failed, throttled, retrying };

  int status = 0;    // HTTP status; 0 without a response
  std::string text;  // what is wrong and the remedy; no secrets
  State state = State::failed;
  std::optional<Time> since{};         // the first failed attempt
  std::optional<Time> last_success{};  // when a window was last read to its end before
  int attempts = 0;                    // failed ones in a row, when this was written
  friend bool operator==(const LastError&, const LastError&) = default;
};

const char* to_string(LastError::State state);

// The past that is still being read while the present is: what happened before `until`. Its own watermark and floor; the
// present's begin at `until`.
struct History {
  Time until;
  Time watermark;
  Position floor;
  std::uint64_t first_chunk = 0;  // chunks of a smaller number were there before the two were told apart
  std::optional<LastError> last_error{};  // of reading it alone; what is wrong with both is the cursor's
  friend bool operator==(const History&, const History&) = default;
};

struct Cursor {
  enum class State { running, paused };

  std::string source;
  std::string vendor;
  std::string account;
  std::string origin;
  std::string filter;
  std::optional<Time> backfill_start_time;  // as configured when the cursor was born
  Time since;                               // nothing older was ever wanted
  Time watermark;                           // everything before (watermark - overlap) has been published
  Position floor;                           // everything at or below it has been published,
  std::optional<History> history;           // from `until` on, if there is one
  std::uint64_t generation = 1;             // raised by a reset: chunks of another generation are void
  std::uint64_t chunks = 0;                 // in records of their own; older releases did not count them
  State state = State::running;
  std::uint64_t published = 0;
  std::uint64_t dead_letters = 0;
  // How far behind the watermark an event has ever appeared, in whole seconds: what `overlap` has to cover.
  Duration lateness{0};
  std::optional<LastError> last_error;  // so that every instance and every tool can show it
  Time updated;

  // Everything at or below it has been published.
  const Position& complete_to() const { return history ? history->floor : floor; }
};

// {"version":1,...}: readable by a person; `open` is the inline chunk. With a history it is version 2, so that a release
// that would skip it stops instead.
std::string encode_cursor(const Cursor& cursor, const SeenChunk& open);
std::string encode_chunk(const SeenChunk& chunk, std::uint64_t generation);

struct DecodedCursor {
  Cursor cursor;
  SeenChunk open;
};
// Errors: not JSON, a field missing or of the wrong type, or a newer version.
Result<DecodedCursor> decode_cursor(std::string_view text);

struct DecodedChunk {
  SeenChunk chunk;
  std::uint64_t generation = 0;
};
Result<DecodedChunk> decode_chunk(std::string_view text);

// "<source>/seen/<number>"; the slash can't occur in a source's name.
std::string chunk_key(std::string_view source, std::uint64_t number);
// The number, or nothing if the key is not a chunk of that source.
std::optional<std::uint64_t> chunk_number(std::string_view source, std::string_view key);

inline bool is_chunk_key(std::string_view key) { return key.find('/') != std::string_view::npos; }
// Everything but chunks and the owner's mark.
inline bool is_cursor_key(std::string_view key) { return key != owner_key && !is_chunk_key(key); }
// The account under which a cursor's record was written; "?" where that can't be read.
std::string account_of_cursor(std::string_view record);
// Its generation; 1 where that can't be read.
std::uint64_t generation_of_cursor(std::string_view record);

}  // namespace auditstream::core
