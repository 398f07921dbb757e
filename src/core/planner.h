// Planner: which window to read next. Pure; knows how far reading has got, not what has been committed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "auditstream/model.h"
#include "auditstream/time.h"
#include "core/ledger.h"

namespace auditstream::core {

// Windows that end before (now - finality_delay) are historic: the vendor's log counts as final there, so a
// full read moves the watermark even if the window was empty. Nearer to now, only an event proves how far the
// vendor's log has got.
inline constexpr Duration finality_delay = 24h;

// How many events and bytes a window should hold: events per transaction decide the throughput of a backfill.
struct WindowTarget {
  std::size_t events = 10'000;
  std::size_t bytes = 8 << 20;
};

class Planner {
 public:
  // `end`: read historic windows up to there and then nothing; without it the last window is the live one.
  Planner(bool by_day, WindowTarget target, std::optional<Time> end = std::nullopt);

  // What is read ends there: the live window is closed, and once nothing can be late before it, there is no other.
  void end_at(Time border) { border_ = border; }
  const std::optional<Time>& border() const { return border_; }
  // The next window after those already handed out. Near to now a window ends where no event can be late any
  // more (now - overlap); the last one is the live window, which is open at its end and starts at the floor.
  // It comes only if `may_be_live`, because where it starts depends on everything before it being published.
  // Nothing: not now.
  std::optional<Window> next(const Reach& reach, Duration overlap, Time now, bool may_be_live);
  // Whether it was the live one.
  bool live() const { return live_; }
  // Whether it covers a gap again.
  bool covers_gap() const { return covers_gap_; }

  // The next window starts at the floor again, above which new events may still appear.
  void rest() {
    ahead_.reset();
    reached_.reset();
    unsettled_from_.reset();
    if (!live_is_split_) {
      split_rests_ = 1;
    } else if (rests_left_ > 0 && --rests_left_ == 0) {
      live_is_split_ = false;
    }
  }
  // The windows from `to` on were not read after all.
  void go_back(Time to) { ahead_ = to; }
  // The live window, or the gap before it, is too large for the vendor: from now on closed windows lead up to
  // now, and the live one begins where they end. They prove less than other windows: see unsettled_from().
  void split_live() {
    live_is_split_ = true;
    rests_left_ = 0;
    reached_.reset();
  }
  // The same for some polls only, twice as many each time: perhaps the live window is too large, perhaps the
  // vendor was just down.
  void split_live_for_now() {
    if (live_is_split_) return;
    split_live();
    rests_left_ = split_rests_;
    split_rests_ = std::min(split_rests_ * 2, split_rests_max);
  }
  // Nothing from here on is settled: while closed windows lead up to now, an event may still appear behind
  // the one being read. So they prove no more than what was known before the first of them.
  const std::optional<Time>& unsettled_from() const { return unsettled_from_; }
  // A window that ended at `reached` was empty at its end: nothing happened, or the vendor's ingest had
  // stalled. The next window covers this gap again, until an event behind it proves that ingest is running.
  // False if the live window is split: then everything unsettled is read again anyway.
  bool leave_unconfirmed(Time reached) {
    if (live_is_split_) return false;
    ahead_.reset();
    reached_ = reached;
    return true;
  }
  // The vendor's ingest has been seen beyond the gap.
  void trust() { reached_.reset(); }
  // The width of the window without the gap that it covers again.
  Duration width(const Window& window, Time now) const;

  // A window of that width held so much: sizes the next ones to the target.
  void learn(std::size_t events, std::size_t bytes, Duration width);
  // A window of that width holds `times` the target. False if windows can't be any narrower.
  bool narrow(Duration width, double times);
  bool finished() const { return end_ && ahead_ && *ahead_ >= *end_; }

 private:
  Time end_of_window(Time from) const;
  Duration least_span() const;
  void set_span(double micros);

  bool by_day_;
  WindowTarget target_;
  std::optional<Time> end_;
  std::optional<Time> border_;
  bool live_ = false;
  bool covers_gap_ = false;

  std::optional<Time> ahead_;    // everything before has been handed out; nothing: start at the overlap
  std::optional<Time> reached_;  // the end of the gap; the next window reaches beyond it
  std::optional<Time> unsettled_from_;
  static constexpr int split_rests_max = 64;
  bool live_is_split_ = false;
  int rests_left_ = 0;  // until the live window is whole again; 0: for ever
  int split_rests_ = 1;
  Duration span_;
};

}  // namespace auditstream::core
