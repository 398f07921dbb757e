#include "auditstream/reading.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "auditstream/hash.h"

namespace auditstream {
namespace {

bool lies_in(const Window& window, Time time) {
  return time >= window.from && (!window.to || time < *window.to);
}

bool by_position(const Event& left, const Event& right) {
  return left.time != right.time ? left.time < right.time : left.id < right.id;
}

// Gives the events a body of their own, so that the page that they are a small part of can go.
void move_to_own_body(std::vector<Event>& events, std::size_t raw_bytes) {
  auto body = std::make_shared<std::string>();
  body->reserve(raw_bytes);
  for (const Event& event : events) body->append(event.raw);
  std::size_t at = 0;
  for (Event& event : events) {
    event.raw = std::string_view(*body).substr(at, event.raw.size());
    event.body = body;
    at += event.raw.size();
  }
}

// Each id once. Repeats are rare (rows shift between pages), so the common case allocates nothing.
void drop_repeats(std::vector<Event>& events) {
  std::unordered_set<std::string_view> ids;
  ids.reserve(events.size());
  std::vector<Event> once;
  once.reserve(events.size());
  for (const Event& event : events) {
    if (ids.insert(event.id).second) once.push_back(event);
  }
  events = std::move(once);
}

}  // namespace

Reading::Reading(Window window, ReadingLimits limits, bool total_is_exact, Time unreadable_until)
    : window_(window),
      limits_(limits),
      total_is_exact_(total_is_exact),
      unreadable_until_(unreadable_until) {}

Reading::Step Reading::add(Page page, Ledger& ledger) {
  ++pages_;
  rows_ += page.events.size();
  empty_pages_ = page.events.empty() ? empty_pages_ + 1 : 0;
  if (page.total) {
    if (!total_first_) total_first_ = page.total;
    total_last_ = page.total;
  }
  std::vector<Event> kept;
  std::size_t kept_bytes = 0;
  const std::size_t body_bytes = page.events.empty() ? 0 : page.events.front().body->size();
  for (Event& event : page.events) {
    const std::uint64_t id = hash64(event.id);
    row_ids_.push_back(id);
    if (!event.time) {
      if (!ledger.dead_lettered(id, unreadable_until_)) unreadable_.push_back(std::move(event));
      continue;
    }
    if (!lies_in(window_, *event.time)) continue;
    ++inside_;
    const Position position = event.position();
    if (cut_ && position >= *cut_) continue;
    if (ledger.published(position, id)) {
      ++known_;
      continue;
    }
    kept_bytes += event.raw.size();
    kept.push_back(std::move(event));
  }
  if (!kept.empty()) {
    if (kept_bytes < body_bytes / 2) move_to_own_body(kept, kept_bytes);
    bytes_ += kept_bytes;
    keep(std::move(kept));
  }
  if (page.next.empty()) return finish();
  // An empty page that leads on is not the last. One that leads to itself is, if it does so twice.
  if (empty_pages_ > 0 && page.next == token_) {
    if (led_to_itself_) return finish();
    led_to_itself_ = true;
    return Step::next_page;
  }
  if (empty_pages_ > empty_pages_max || !tokens_.insert(page.next).second) return Step::endless;
  led_to_itself_ = false;
  token_ = std::move(page.next);
  return Step::next_page;
}

void Reading::keep(std::vector<Event> kept) {
  if (events_.empty()) {
    events_ = std::move(kept);
  } else {
    events_.insert(events_.end(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
  }
  // A quarter of slack, so that trimming is amortised over many pages.
  if (events_.size() > limits_.events_max + limits_.events_max / 4 || bytes_ > limits_.bytes_max) trim();
}

void Reading::trim() {
  std::ranges::sort(events_, by_position);
  drop_repeats(events_);
  std::size_t count = 0;
  std::size_t bytes = 0;
  const std::size_t bytes_kept_max = limits_.bytes_max - limits_.bytes_max / 4;
  while (count < events_.size() && count < limits_.events_max) {
    const std::size_t with_next = bytes + events_[count].raw.size();
    if (count > 0 && with_next > bytes_kept_max) break;
    bytes = with_next;
    ++count;
  }
  if (count < events_.size()) {
    cut_ = events_[count].position();
    events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(count), events_.end());
  }
  bytes_ = bytes;
}

Reading::Step Reading::finish() {
  std::ranges::sort(row_ids_);
  const auto repeats = std::unique(row_ids_.begin(), row_ids_.end());
  const auto distinct = static_cast<std::size_t>(repeats - row_ids_.begin());
  const bool repeated = repeats != row_ids_.end();
  if (total_is_exact_ && total_first_) {
    // A total that grew while we read belongs to rows that the next poll finds; one that shrank says nothing
    // of what we missed, so the first one is the measure.
    const std::size_t expected = std::min(*total_first_, *total_last_);
    const bool short_of_rows = *total_first_ == *total_last_ ? distinct != expected : distinct < expected;
    if (short_of_rows) {
      // The same count twice is the vendor's last word.
      if (distinct_before_ != distinct) {
        start_over();
        distinct_before_ = distinct;
        return Step::read_again;
      }
      rows_missing_ = true;
    }
  }
  std::ranges::sort(events_, by_position);
  if (repeated) {
    drop_repeats(events_);
    drop_repeats(unreadable_);
  }
  if (events_.size() > limits_.events_max) {
    cut_ = events_[limits_.events_max].position();
    events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(limits_.events_max), events_.end());
  }
  row_ids_ = {};
  return Step::complete;
}

void Reading::start_over() {
  Reading again(window_, limits_, total_is_exact_, unreadable_until_);
  again.pages_ = pages_;
  *this = std::move(again);
}

}  // namespace auditstream
