// Reading: one window being read, page by page, until it is complete. Pure; keeps what is new and nothing
// else.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "auditstream/model.h"
#include "core/ledger.h"

namespace auditstream::core {

// Each limit applies to events with a time and to those without one; row ids take at most bytes_max as well.
struct ReadingLimits {
  std::size_t events_max = 40'000;   // events kept before the window is overfull
  std::size_t bytes_max = 32 << 20;  // raw bytes kept before it is
};

class Reading {
 public:
  // What became of a page.
  enum class Step {
    next_page,   // ask again with token()
    complete,    // the window has been read to its end
    read_again,  // rows are missing: start over with the first page
    endless,     // the vendor's next token leads back to a page already read, or no page has any events
  };
  // More pages without an event than these in a row are endless.
  static constexpr std::size_t empty_pages_max = 10'000;

  // `unreadable_until` is how long a dead letter without a time has to be remembered if it shows up in this
  // window.
  Reading(Window window, ReadingLimits limits, bool total_is_exact, Time unreadable_until);

  Step add(Page page, const Ledger& ledger);

  const Window& window() const { return window_; }
  const std::string& token() const { return token_; }

  // After Step::complete: the new events in order, each id once.
  std::vector<Event>& events() { return events_; }
  // After Step::complete: events without a readable time, each once.
  std::vector<Event>& unreadable() { return unreadable_; }
  // After Step::complete: events that have appeared too late to be published, each once.
  std::vector<Event>& late() { return late_; }
  // After Step::complete: ids of earlier dead letters that would be forgotten too early.
  const std::set<std::uint64_t>& unreadable_again() const { return unreadable_again_; }
  bool found_anything() const { return !events_.empty() || !unreadable_.empty() || !late_.empty(); }
  // Set if the window is overfull: only events below this position are here, and reading continues there.
  const std::optional<Position>& cut() const { return cut_; }
  // As the first page gave it: rows added while reading then show up as a change of the next reading's total.
  std::optional<std::uint64_t> total() const { return total_first_; }
  bool rows_missing() const { return shortfall_.has_value(); }
  // How many more rows the vendor counts than it delivers; nothing where the two agree.
  const std::optional<std::int64_t>& shortfall() const { return shortfall_; }
  // The shortfall of the previous reading: the same again is no reason to read twice.
  void expect_shortfall(std::optional<std::int64_t> shortfall) { shortfall_known_ = shortfall; }

  std::size_t rows() const { return rows_; }      // rows delivered, repeats included
  std::size_t inside() const { return inside_; }  // rows inside the window, repeats included
  std::size_t known() const { return known_; }
  std::size_t bytes() const { return bytes_; }  // raw bytes of the events with a time that are kept
  // All memory that the reading holds: pages that its events point into, ids, tokens.
  std::size_t held() const;
  std::size_t pages() const { return pages_; }
  Time unreadable_until() const { return unreadable_until_; }

 private:
  void count_row(std::uint64_t id);
  void set_aside(std::vector<Event> undated);
  void set_aside_late(std::vector<Event> late);
  void keep(std::vector<Event> kept, std::size_t kept_bytes);
  void trim();
  void drop_from(const Position& position);
  void weigh();
  Step finish();
  void start_over();

  Window window_;
  ReadingLimits limits_;
  bool total_is_exact_;
  Time unreadable_until_;

  std::string token_;
  std::unordered_set<std::uint64_t> tokens_;  // hashes: a token may be as long as a page
  std::size_t empty_pages_ = 0;               // in a row
  bool led_to_itself_ = false;                // the page of token_ was empty and led to itself
  std::vector<Event> events_;
  std::vector<Event> unreadable_;
  std::vector<Event> late_;
  std::size_t late_bytes_ = 0;  // raw
  std::set<std::uint64_t> unreadable_again_;
  std::vector<std::uint64_t>
      row_ids_;  // of all rows where the total is exact, for counting the distinct ones
  std::optional<Position> cut_;
  std::optional<std::uint64_t> total_first_;
  std::optional<std::uint64_t> total_last_;
  std::optional<std::size_t> distinct_before_;  // of the reading before this one of the same window
  std::optional<std::int64_t> shortfall_;
  std::optional<std::int64_t> shortfall_known_;
  std::size_t rows_ = 0;
  std::size_t inside_ = 0;
  std::size_t known_ = 0;
  std::size_t bytes_ = 0;
  std::size_t pinned_ = 0;            // bytes of the bodies that events_ points into
  std::size_t unreadable_bytes_ = 0;  // raw
  bool unreadable_full_ = false;      // there are more than unreadable_ may hold
  std::size_t id_bytes_ = 0;          // of all events
  std::size_t pages_ = 0;
};

}  // namespace auditstream::core
