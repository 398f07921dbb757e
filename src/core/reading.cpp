#include "core/reading.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/hash.h"

namespace auditstream::core {
namespace {

bool lies_in(const Window& window, Time time) {
  return time >= window.from && (!window.to || time < *window.to);
}

bool by_position(const Event& left, const Event& right) {
  return left.time != right.time ? left.time < right.time : left.id < right.id;
}

// Copies the events into a body of their own, so that the much larger pages they came from can be freed.
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

std::size_t raw_bytes(const std::vector<Event>& events) {
  std::size_t sum = 0;
  for (const Event& event : events) sum += event.raw.size();
  return sum;
}

std::size_t id_bytes(const std::vector<Event>& events) {
  std::size_t sum = 0;
  for (const Event& event : events) sum += event.id.size() + event.actor.size();
  return sum;
}

std::size_t drop_repeats(std::vector<std::uint64_t>& ids) {
  std::ranges::sort(ids);
  const std::size_t all = ids.size();
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return all - ids.size();
}

// Each id once. Repeats are rare (rows shift between pages), so the common case copies no event.
void drop_repeats(std::vector<Event>& events) {
  std::vector<std::uint64_t> hashes;
  hashes.reserve(events.size());
  for (const Event& event : events) hashes.push_back(hash64(event.id));
  if (drop_repeats(hashes) == 0) return;
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

Reading::Step Reading::add(Page page, const Ledger& ledger) {
  ++pages_;
  rows_ += page.events.size();
  empty_pages_ = page.events.empty() ? empty_pages_ + 1 : 0;
  if (page.total) {
    if (!total_first_) total_first_ = page.total;
    total_last_ = page.total;
  }
  std::vector<Event> kept;
  std::vector<Event> undated;
  std::vector<Event> late;
  std::size_t kept_bytes = 0;
  for (Event& event : page.events) {
    const std::uint64_t id = hash64(event.id);
    if (total_is_exact_) count_row(id);
    if (!event.time) {
      const std::optional<Time> known_until = ledger.dead_lettered_until(id);
      if (!known_until) {
        undated.push_back(std::move(event));
      } else if (*known_until < unreadable_until_) {
        unreadable_again_.insert(id);
      }
      continue;
    }
    const Position position = event.position();
    // Wherever it lies: the window begins at the floor, and a vendor shows more.
    if (ledger.late(position, id)) {
      late.push_back(std::move(event));
      continue;
    }
    if (!lies_in(window_, position.time)) continue;
    ++inside_;
    if (cut_ && position >= *cut_) continue;
    if (ledger.published(position, id)) {
      ++known_;
      continue;
    }
    kept_bytes += event.raw.size();
    kept.push_back(std::move(event));
  }
  if (!kept.empty()) keep(std::move(kept), kept_bytes);
  if (!undated.empty()) set_aside(std::move(undated));
  if (!late.empty()) set_aside_late(std::move(late));
  if (page.next.empty()) return finish();
  // An empty page that leads on is not the last. One that leads to itself is, the second time.
  if (empty_pages_ > 0 && page.next == token_) {
    if (led_to_itself_) return finish();
    led_to_itself_ = true;
    return Step::next_page;
  }
  if (empty_pages_ > empty_pages_max || !tokens_.insert(hash64(page.next)).second) return Step::endless;
  led_to_itself_ = false;
  token_ = std::move(page.next);
  return Step::next_page;
}

void Reading::count_row(std::uint64_t id) {
  const std::size_t ids_max = limits_.bytes_max / sizeof id;
  if (row_ids_.size() == ids_max) {
    drop_repeats(row_ids_);
    // Too many to count, so the total can't tell whether rows are missing.
    if (row_ids_.size() > ids_max / 2) {
      total_is_exact_ = false;
      row_ids_ = {};
      return;
    }
  }
  row_ids_.push_back(id);
}

// A window can't be cut at an event without a time. If there are too many, the first of them are
// dead-lettered and the whole window is read again: by then these are known.
void Reading::set_aside(std::vector<Event> undated) {
  if (unreadable_full_) return;
  const std::size_t bytes = raw_bytes(undated);
  move_to_own_body(undated, bytes);
  unreadable_bytes_ += bytes;
  id_bytes_ += id_bytes(undated);
  unreadable_.insert(unreadable_.end(), std::make_move_iterator(undated.begin()),
                     std::make_move_iterator(undated.end()));
  // A quarter of slack: the same events may come with every page.
  if (unreadable_.size() <= limits_.events_max + limits_.events_max / 4 &&
      unreadable_bytes_ <= limits_.bytes_max + limits_.bytes_max / 4) {
    return;
  }
  drop_repeats(unreadable_);
  unreadable_bytes_ = raw_bytes(unreadable_);
  const auto too_many = [this] {
    return unreadable_.size() > limits_.events_max || unreadable_bytes_ > limits_.bytes_max;
  };
  if (too_many()) {
    unreadable_full_ = true;
    drop_from(Position{window_.from, ""});
  }
  while (unreadable_.size() > 1 && too_many()) {
    unreadable_bytes_ -= unreadable_.back().raw.size();
    unreadable_.pop_back();
  }
  move_to_own_body(unreadable_, unreadable_bytes_);
  weigh();
}

// What finds no room is found again by the next reading: nothing of it is settled yet.
void Reading::set_aside_late(std::vector<Event> late) {
  if (late_.size() >= limits_.events_max || late_bytes_ >= limits_.bytes_max) return;
  const std::size_t bytes = raw_bytes(late);
  move_to_own_body(late, bytes);
  late_bytes_ += bytes;
  id_bytes_ += id_bytes(late);
  late_.insert(late_.end(), std::make_move_iterator(late.begin()), std::make_move_iterator(late.end()));
}

void Reading::keep(std::vector<Event> kept, std::size_t kept_bytes) {
  const std::size_t body_bytes = kept.front().body->capacity();
  const bool is_small_part = kept_bytes < body_bytes / 2;
  if (is_small_part) move_to_own_body(kept, kept_bytes);
  bytes_ += kept_bytes;
  pinned_ += is_small_part ? kept_bytes : body_bytes;
  id_bytes_ += id_bytes(kept);
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
  if (count < events_.size()) drop_from(events_[count].position());
  weigh();
}

void Reading::drop_from(const Position& position) {
  cut_ = position;
  std::erase_if(events_, [&](const Event& event) { return event.position() >= *cut_; });
}

// After events were dropped: the few that are left of a page must not keep all of it in memory.
void Reading::weigh() {
  bytes_ = raw_bytes(events_);
  id_bytes_ = id_bytes(events_) + id_bytes(unreadable_) + id_bytes(late_);
  pinned_ = 0;
  std::unordered_set<const std::string*> bodies;
  for (const Event& event : events_) {
    if (bodies.insert(event.body.get()).second) pinned_ += event.body->capacity();
  }
  if (bytes_ >= pinned_ / 2) return;
  move_to_own_body(events_, bytes_);
  pinned_ = bytes_;
}

std::size_t Reading::held() const {
  constexpr std::size_t node_bytes = 48;  // of a hash in a set, with its place there
  return pinned_ + unreadable_bytes_ + late_bytes_ + id_bytes_ +
         (events_.capacity() + unreadable_.capacity() + late_.capacity()) * sizeof(Event) +
         row_ids_.capacity() * sizeof(std::uint64_t) +
         (tokens_.size() + unreadable_again_.size()) * node_bytes;
}

Reading::Step Reading::finish() {
  if (total_is_exact_ && total_first_) {
    drop_repeats(row_ids_);
    const std::size_t distinct = row_ids_.size();
    // Rows that were added while we read are for the next poll, and those that were removed can't be
    // delivered any more: so the smaller total is expected.
    const std::size_t expected = std::min(*total_first_, *total_last_);
    const bool short_of_rows = *total_first_ == *total_last_ ? distinct != expected : distinct < expected;
    if (short_of_rows) {
      // Accepted if a second read delivers as many, or if the live window before fell short by as many: live
      // windows overlap, so a row that is counted but never delivered would cause a second read at each poll.
      const auto shortfall = static_cast<std::int64_t>(expected) - static_cast<std::int64_t>(distinct);
      const bool known_gap = !window_.to && shortfall_known_ == shortfall;
      if (distinct_before_ != distinct && !known_gap) {
        const std::optional<std::int64_t> known = shortfall_known_;
        start_over();
        distinct_before_ = distinct;
        shortfall_known_ = known;
        return Step::read_again;
      }
      shortfall_ = shortfall;
    }
  }
  row_ids_ = {};
  std::ranges::sort(events_, by_position);
  drop_repeats(events_);
  drop_repeats(unreadable_);
  drop_repeats(late_);
  if (events_.size() > limits_.events_max) {
    drop_from(events_[limits_.events_max].position());
    weigh();
  }
  return Step::complete;
}

void Reading::start_over() {
  Reading again(window_, limits_, total_is_exact_, unreadable_until_);
  again.pages_ = pages_;
  *this = std::move(again);
}

}  // namespace auditstream::core
