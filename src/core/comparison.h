// Comparison: compares a vendor's events in a range of time with the topics' records, id by id. Pure; keeps
// 32 bytes of an event, never its text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/time.h"
#include "base/sha256.h"
#include "core/cursor.h"

namespace auditstream::core {

// Half-open.
struct Range {
  Time from;
  Time to;

  bool empty() const { return from >= to; }
  bool contains(Time time) const { return time >= from && time < to; }
  friend bool operator==(const Range&, const Range&) = default;
};

// What limits a range at one of its ends, and why.
struct Bound {
  Time at;
  std::string why;
};

// A part of a range that was cut off.
struct Cut {
  Range range;
  std::string why;
};

struct Clamped {
  Range range;
  std::vector<Cut> cuts;  // one for each end that has moved
};

// What is left of `requested` between the latest of `begins` and the earliest of `ends`. May be empty.
Clamped clamp(const Range& requested, const std::vector<Bound>& begins, const std::vector<Bound>& ends);

// Until this time the source's owner publishes nothing more, whatever still appears at the vendor: an event
// that isn't in the topic now is missing. `overlap` is the source's.
Time settled_until(const Cursor& cursor, Duration overlap);

struct Differences {
  std::uint64_t vendor_events = 0;  // = matching + missing + altered + dead_lettered + undated
  std::uint64_t topic_events = 0;   // records of the event topic, unexpected ones included
  std::uint64_t matching = 0;       // ids in the topic whose records all have the vendor's bytes
  std::uint64_t missing = 0;        // ids in neither topic
  std::uint64_t republished = 0;    // records of an id under another generation of the cursor: no fault
  std::uint64_t duplicated = 0;     // records beyond the first of an id under one generation
  std::uint64_t altered = 0;        // ids in the topic with other bytes than the vendor's
  std::uint64_t dead_lettered = 0;  // ids among the dead letters only
  std::uint64_t unexpected = 0;     // records, dead letters too, of ids that the vendor doesn't have
  std::uint64_t undated = 0;        // ids without a readable time, in neither topic: may be outside the range
  std::uint64_t repaired = 0;       // of the missing

  bool clean() const { return missing == repaired && duplicated + altered + unexpected == 0; }
};

class Comparison {
 public:
  enum class Verdict { unknown, matching, missing, altered, dead_lettered, undated };
  static constexpr std::size_t examples_max = 10;  // of each kind

  explicit Comparison(Range range) : range_(range) {}

  // One of the vendor's events, in any order. True if it lies in the range; one without a readable time is
  // counted, but returns false.
  bool vendor_has(const Event& event);
  // The vendor's events are complete.
  void end_of_vendor();

  // One of the topics' records, in any order, each once. True if it lies in the range. `generation` is the
  // cursor's when the record was published: each publishes an event once.
  bool topic_has(std::string_view id, std::optional<Time> time, std::string_view value,
                 std::uint64_t generation = 1);
  bool dead_letters_have(std::string_view id, std::optional<Time> time);
  // The same for records found outside the range: they count only if the vendor has their id in it.
  void topic_also_has(std::string_view id, std::string_view value, std::uint64_t generation = 1);
  void dead_letters_also_have(std::string_view id);

  // Missing, and not repaired.
  bool lacks(std::string_view id);
  // The missing event has been published.
  void repaired(std::string_view id);

  Verdict verdict(std::string_view id);
  // The range of the events still missing; nothing if there are none.
  std::optional<Range> missing_range() const;
  Differences differences() const;

  // Ids by kind: "duplicated", "altered", "unexpected".
  const std::map<std::string, std::vector<std::string>>& examples() const { return examples_; }

 private:
  struct Fingerprint {
    std::uint64_t high;
    std::uint64_t low;
    friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
  };
  struct Entry {
    Fingerprint id;
    std::uint64_t value;
    std::uint32_t second;  // since the beginning of the range
    std::uint32_t records : 28;
    std::uint32_t altered : 1;
    std::uint32_t dead_letter : 1;
    std::uint32_t undated : 1;
    std::uint32_t repaired : 1;
  };
  static_assert(sizeof(Entry) == 32);

  Fingerprint fingerprint_of(std::string_view id);
  std::uint64_t hash_of(std::string_view value);
  std::size_t index_of(std::string_view id);  // entries_.size() if there is none
  Entry* find(std::string_view id);
  static Verdict verdict(const Entry& entry);
  void note(const char* kind, std::string_view id);

  const Range range_;
  Sha256 sha256_;
  std::deque<Entry> entries_;  // ascending by id after end_of_vendor()
  bool ended_ = false;
  std::map<std::uint64_t, std::vector<bool>> generations_;  // by generation: which entries it has published
  std::uint64_t republished_ = 0;
  std::uint64_t duplicated_ = 0;
  std::uint64_t unexpected_events_ = 0;
  std::uint64_t unexpected_letters_ = 0;
  std::map<std::string, std::vector<std::string>> examples_;
};

}  // namespace auditstream::core
