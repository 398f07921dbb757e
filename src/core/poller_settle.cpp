// The poller's windows that were read to their end: what of them is published, and how far that moves the
// cursor.
#include <algorithm>
#include <map>
#include <utility>

#include "base/hash.h"
#include "core/poller.h"
#include "core/settlement.h"

namespace auditstream::core {
namespace {

// Key, headers and framing of a record, beside its value.
constexpr std::size_t record_overhead = 1024;

DeadLetter timeless(Event event) {
  return DeadLetter{std::move(event), "unreadable_time",
                    "no readable time in the event; where the vendor's format differs set time_field"};
}

DeadLetter malformed(Event event) {
  std::string detail = *event.flaw;
  return DeadLetter{std::move(event), "malformed_json", std::move(detail)};
}

}  // namespace

std::size_t Unit::bytes() const {
  std::size_t sum = 0;
  for (const Event& event : events) sum += event.raw.size();
  for (const DeadLetter& letter : dead_letters) sum += letter.event.raw.size();
  return sum;
}

bool Poller::has_events() const {
  for (const Lane& lane : lanes_) {
    if (!lane.complete) return false;
    if (lane.reading.found_anything()) return true;
  }
  return false;
}

std::optional<Unit> Poller::take_unit(Now now, std::size_t events_max, std::vector<Action>& out) {
  while (has_unit()) {
    Lane lane = std::move(lanes_.front());
    lanes_.pop_front();
    Unit unit;
    unit.source = source_;
    unit.now = vendor_now(now);
    unit.generation = ledger_->cursor().generation;
    settle(lane.reading, events_max, now, unit, out);
    if (unit.events.empty() && unit.dead_letters.empty()) continue;
    unit.records = ledger_->take_records(now.wall);
    return unit;
  }
  return std::nullopt;
}

// Turns a window that was read to its end into what is published and how far that moves the cursor.
void Poller::settle(Reading& reading, std::size_t events_max, Now now, Unit& unit, std::vector<Action>& out) {
  const Time time = vendor_now(now);
  std::vector<Event>& events = reading.events();
  // Lanes read side by side, so what they found is judged again in the order in which it is published.
  std::erase_if(
      events, [this](const Event& event) { return ledger_->published(event.position(), hash64(event.id)); });
  std::optional<Position> cut = reading.cut();
  if (events.size() > events_max) {
    cut = events[events_max].position();
    events.erase(events.begin() + static_cast<std::ptrdiff_t>(events_max), events.end());
  }

  // Before the floor rises: two windows side by side may have been shown the same one, and it must still be
  // known.
  std::vector<std::uint64_t> unreadable_ids;
  for (Event& event : reading.unreadable()) {
    const std::uint64_t id = hash64(event.id);
    if (ledger_->dead_lettered(id, reading.unreadable_until())) continue;
    unreadable_ids.push_back(id);
    unit.dead_letters.push_back(event.flaw ? malformed(std::move(event)) : timeless(std::move(event)));
  }
  ledger_->dead_letter(unreadable_ids, reading.unreadable_until());
  WindowRead read{reading.window(), reading.pages() > 1, cut, std::nullopt, std::nullopt};
  if (!events.empty()) read.last = events.back().position();
  // One from the vendor's own future says nothing about how far it has got, now or when its time has come.
  for (const Event& event : events) {
    if (*event.time <= now.wall - clock_ahead(now)) read.newest = std::min(*event.time, time);
  }
  const Settlement settlement = core::settle(
      ledger_->cursor(), read,
      {source_->overlap, time, options_.end ? Time::max() : time - horizon, planner_.unsettled_from()});
  switch (settlement.next) {
    case Settlement::Next::onwards:
      break;
    case Settlement::Next::onwards_proven:
      planner_.trust();
      break;
    case Settlement::Next::gap:
      if (planner_.distrust(*reading.window().to)) void_lanes(0, out);
      break;
    case Settlement::Next::rest_of_window:
      void_lanes(0, out);
      planner_.go_back(settlement.from);
      rest_until_ = now.steady;
      probe_memo_.reset();  // its total counts what is still to be published
      break;
    case Settlement::Next::rest:
      planner_.rest();
      break;
  }
  ledger_->advance(settlement.watermark, settlement.floor);

  unit.events.reserve(events.size());
  for (Event& event : events) {
    const std::uint64_t id = hash64(event.id);
    ledger_->publish(event.position(), id);
    // The id is a header, and mostly the key as well.
    if (event.raw.size() + 2 * event.id.size() + record_overhead > options_.record_bytes_max) {
      const std::string detail = "the event has " + std::to_string(event.raw.size()) +
                                 " bytes, and a record of the topic at most " +
                                 std::to_string(options_.record_bytes_max) + " (max.message.bytes)";
      unit.dead_letters.push_back(DeadLetter{std::move(event), "too_large", detail});
    } else if (refused_.contains(id)) {
      unit.dead_letters.push_back(DeadLetter{std::move(event), "refused", "the broker refused the record"});
    } else if (event.flaw) {
      unit.dead_letters.push_back(malformed(std::move(event)));
    } else {
      unit.events.push_back(std::move(event));
    }
  }
  ledger_->count(unit.events.size(), unit.dead_letters.size());
  if (settlement.next == Settlement::Next::rest) say_if_nothing_found(out);
  // One line for all of a kind, however many there are.
  std::map<std::string_view, std::pair<std::size_t, const DeadLetter*>> kinds;
  for (const DeadLetter& letter : unit.dead_letters) {
    auto& [count, first] = kinds[letter.code];
    if (count++ == 0) first = &letter;
  }
  for (const auto& [code, kind] : kinds) {
    const auto& [count, first] = kind;
    const std::string more = count > 1 ? " and " + std::to_string(count - 1) + " more go to " : " goes to ";
    out.push_back(Say{Level::warn, "dead_letter_" + first->code,
                      "event " + first->event.id + more + source_->dead_letter_topic + ": " + first->detail});
  }
  if (ledger_->shrink()) {
    out.push_back(Say{Level::warn, "overlap_shrunk",
                      "more events inside the overlap than can be remembered: it now reaches back only to " +
                          format_rfc3339(ledger_->cursor().floor.time) + "; a smaller overlap avoids this"});
  }
}

// Whoever asks for a log's past expects some: credentials that are good for nothing get empty answers from
// several of the vendors, not refusals.
void Poller::say_if_nothing_found(std::vector<Action>& out) {
  const Cursor& cursor = ledger_->cursor();
  if (nothing_found_said_ || !source_->backfill_start_time || cursor.published + cursor.dead_letters > 0)
    return;
  nothing_found_said_ = true;
  std::string text =
      "nothing found since " + format_rfc3339(cursor.since) + "; if there should be something, look at:";
  for (const std::string& hint : vendor_->empty_hints(*source_)) text += " " + hint;
  out.push_back(Say{Level::warn, "no_events", std::move(text)});
}

std::optional<Unit> Poller::take_progress(Now now) {
  if (!has_progress()) return std::nullopt;
  Unit unit;
  unit.source = source_;
  unit.now = vendor_now(now);
  unit.records = ledger_->take_records(now.wall);
  if (!born_) birth_taken_ = true;
  mended_ = false;
  trouble_is_news_ = false;
  return unit;
}

void Poller::on_committed() {
  if (birth_taken_) born_ = true;
}

}  // namespace auditstream::core
