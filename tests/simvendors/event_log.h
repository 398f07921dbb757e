// What happened in one tenant, and when it became visible: a function of a seed and of the time alone, apart
// from rows that are appended because somebody looked. Holds times only; what an event says is rendered from
// its serial number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "auditstream/time.h"

namespace auditstream::sim {

// Counts events in the order in which they appeared.
using Serial = std::uint32_t;

struct LogSpec {
  std::uint64_t seed = 1;
  std::uint32_t history = 1000;  // events that exist at the start, spread over the span before it
  Duration history_span = 24h * 30;
  double rate = 0;                // new events per second from the start on
  std::uint32_t burst_every = 0;  // every so many events (0: never) ...
  std::uint32_t burst_size = 0;   // ... so many of them fall within one second
  double late_share = 0;          // share of the new events that appear after their time ...
  Duration late_max{0};           // ... by at most this
  double ahead_share = 0;         // share of the new events whose time lies in the future ...
  Duration ahead_by{0};           // ... by exactly this
};

enum class Order { ascending, descending, unsorted };

class EventLog {
 public:
  EventLog(const LogSpec& spec, Time start);

  // Lets everything appear that is due by `now`. An earlier `now` than before changes nothing.
  void advance(Time now);
  // Nothing is produced from this moment on; what is late or held back still appears.
  void stop(Time at) { stopped_from_ = at, stopped_to_ = Time::max(); }
  // Ends a stop: from this moment on there are new events again, and none from before it.
  void go_on(Time at) { stopped_to_ = std::max(at, stopped_from_); }
  // Whatever would appear in [from, to) appears at `to`.
  void stall(Time from, Time to) { stall_from_ = from, stall_to_ = to; }
  // An event that happens now, and appears unless the log stalls; none where nothing is produced.
  void append_own(Time now);

  Serial size() const { return static_cast<Serial>(times_.size()); }
  Time time(Serial serial) const { return times_[serial]; }
  bool own(Serial serial) const { return own_.contains(serial); }

  // Positions in the order of time, half-open.
  struct Ranks {
    Serial first = 0;
    Serial last = 0;
    Serial count() const { return last - first; }
  };
  Ranks between(Time from, Time to) const;
  Serial at_rank(Serial rank) const { return rank < history_ ? rank : by_time_[rank - history_]; }
  // Row `index` of the range as a list in that order shows it; `unsorted` is a fixed disorder.
  Serial listed(const Ranks& ranks, Order order, Serial index) const;

  // Visits the serials with times in [from, to) in keyset order, starting at the row `start` (included;
  // nothing: at the beginning), until `visit(serial)` returns false.
  template <class Visit>
  void scan(Order order, std::optional<Serial> start, Time from, Time to, Visit visit) const {
    const auto [first, last] = serials(from, to);
    // Named anew: clang 14 captures no parts of a pair.
    const auto wanted = [&, begin = first, end = last](Serial serial) {
      return serial >= begin && serial < end && times_[serial] >= from && times_[serial] < to;
    };
    if (order == Order::descending) {
      std::int64_t serial =
          start ? std::min<std::int64_t>(*start, std::int64_t{last} - 1) : std::int64_t{last} - 1;
      for (; serial >= std::int64_t{first}; --serial) {
        const auto row = static_cast<Serial>(serial);
        if (wanted(row) && !visit(row)) return;
      }
      return;
    }
    const bool mixed = order == Order::unsorted;
    std::uint64_t place = mixed ? first / block * block : first;
    if (start) place = std::max<std::uint64_t>(place, mixed ? shuffled(*start) : *start);
    const std::uint64_t end = mixed ? (std::uint64_t{last} + block - 1) / block * block : last;
    for (; place < end; ++place) {
      const auto row = static_cast<Serial>(mixed ? shuffled(static_cast<Serial>(place)) : place);
      if (wanted(row) && !visit(row)) return;
    }
  }

 private:
  static constexpr Serial block = 1024;  // rows are disordered within blocks of this size

  // Its own inverse: mirrors the ten low bits.
  static Serial shuffled(Serial serial);
  // A range of serials that holds all rows of [from, to).
  std::pair<Serial, Serial> serials(Time from, Time to) const;
  bool stalled(Time at) const { return at >= stall_from_ && at < stall_to_; }
  bool stopped(Time at) const { return at >= stopped_from_ && at < stopped_to_; }
  void add(Time time, Time appeared);
  void add_own(Time time, Time appeared);
  Time produced(std::uint64_t number) const;

  LogSpec spec_;
  Time start_;
  Serial history_ = 0;

  std::vector<Time> times_;      // by serial; the history's are ascending
  std::vector<Time> appeared_;   // of the rows after the history; ascending
  std::vector<Serial> by_time_;  // the rows after the history, by (time, serial)
  std::unordered_set<Serial> own_;
  std::vector<Time> own_held_back_;  // those that happened during the stall
  std::uint64_t next_ = 0;           // number of the next event to be produced
  Time stopped_from_ = Time::max();
  Time stopped_to_ = Time::max();
  Time stall_from_{};
  Time stall_to_{};
};

}  // namespace auditstream::sim
