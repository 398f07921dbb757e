// What the poller does with a complete window, in two steps. At the end of the reading: how the attempt went,
// and what to request next. Later, in the order of the windows and when a transaction has room, the
// settlement: what is published, and how far that moves the cursor.
#include <algorithm>
#include <map>
#include <utility>

#include "base/hash.h"
#include "core/poller.h"

namespace auditstream::core {

void Poller::complete(Lane& lane, Now now, std::vector<Action>& out) {
  lane.complete = true;
  const Reading& reading = lane.reading;
  const bool success = in_order(lane);
  if (success) {
    recovered(health_.succeed(now), now, out);
    windows_given_up_ = 0;
    page_size_.window_read();
  }
  out.push_back(PollResult{std::nullopt, reading.known(), success && part_ == Part::present});
  if (reading.total()) last_reading_.shortfall = reading.shortfall();
  say_rows_missing(reading, now, out);
  if (!lane.live) {
    planner_.learn(reading.inside() - reading.known(), reading.bytes(),
                   planner_.width(reading.window(), vendor_now(now)));
    return;
  }
  if (reading.cut()) return;  // there is more to read at once
  if (vendor().traits().probe && !reading.window().to && reading.total() && lane.live_probe.empty() &&
      reading.pages() > 0) {
    PageRequest probe = lane.ask;
    probe.probe = true;
    probe.token.clear();
    last_reading_.probe = {vendor().request(*source_, secrets_, token_.get(), probe).url, *reading.total()};
  }
  schedule_.rest_to_next_poll(source_->poll_interval, now.steady);
}

void Poller::say_rows_missing(const Reading& reading, Now now, std::vector<Action>& out) {
  if (!reading.rows_missing()) {
    if (reading.total()) said_.rows_missing.reset();
  } else if (said_.rows_missing.due(now.steady)) {
    out.push_back(Notice{Level::warn, "rows_missing",
                         std::string(vendor().title()) + " counts " + std::to_string(*reading.total()) +
                             " rows where it delivered another number twice: published what it delivered"});
  }
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
    Unit unit = settle(lane, events_max, now, out);
    if (unit.events.empty() && unit.dead_letters.empty()) continue;
    unit.records = ledger_->take_records(now.wall);
    return unit;
  }
  return std::nullopt;
}

Unit Poller::settle(Lane& lane, std::size_t events_max, Now now, std::vector<Action>& out) {
  Reading& reading = lane.reading;
  Unit unit;
  unit.source = source_;
  unit.now = vendor_now(now);
  unit.generation = ledger_->cursor().generation;

  unit.backfill = part_ == Part::history;
  unit.live = lane.live;
  // What the present had seen before the history was asked for proves how far the vendor's log had got then.
  const bool proves = part_ == Part::history && lane.proven > ledger_->cursor().history->until;
  const Time final_until = options_.end ? Time::max()
                           : proves     ? std::max(unit.now - finality_delay, lane.proven - source_->overlap)
                                        : unit.now - finality_delay;
  Settlement settlement =
      core::settle(*ledger_, part_,
                   {reading.window(), lane.live, reading.pages() > 1, lane.read_before, reading.cut(),
                    std::move(reading.events()), std::move(reading.unreadable()), std::move(reading.late()),
                    reading.unreadable_again(), reading.unreadable_until()},
                   {source_->overlap, unit.now, now.wall - clock_ahead(now), final_until,
                    planner_.unsettled_from(), events_max});
  go_on(settlement, reading.window(), now, out);
  if (settlement.next == Settlement::Next::rest) read_to_ = lane.ask.now;
  if (part_ == Part::present) ledger_->note_lateness(settlement.lateness);
  for (Event& event : settlement.late) {
    ledger_->dead_letter_late(event.position(), hash64(event.id));
    Flaw flaw = lateness_of(event, ledger_->cursor().floor, source_->overlap, unit.now);
    unit.dead_letters.push_back(DeadLetter{std::move(event), std::move(flaw)});
  }
  ledger_->dead_letter(settlement.undated_ids, reading.unreadable_until());
  ledger_->advance(part_, settlement.watermark, settlement.floor);
  for (const Event& event : settlement.events) ledger_->publish(event.position(), hash64(event.id));

  const RecordRules rules{options_.record_bytes_max, refused_ids_};
  unit.events.reserve(settlement.events.size());
  for (std::vector<Event>* found : {&settlement.undated, &settlement.events}) {
    for (Event& event : *found) {
      if (std::optional<Flaw> flaw = flaw_of(event, rules)) {
        unit.dead_letters.push_back(DeadLetter{std::move(event), *std::move(flaw)});
      } else {
        unit.events.push_back(std::move(event));
      }
    }
  }
  unit.first_seq = ledger_->cursor().published + 1;
  ledger_->count(unit.events.size(), unit.dead_letters.size());
  const Cursor& cursor = ledger_->cursor();
  const bool to_the_end = settlement.next == Settlement::Next::rest;
  if (part_ == Part::history && ((to_the_end && ledger_->join()) || !cursor.history)) cursor_has_news_ = true;
  if (to_the_end && !cursor.history) say_if_nothing_found(out);
  say_dead_letters(unit.dead_letters, out);
  if (ledger_->shrink()) {
    out.push_back(
        Notice{Level::warn, "overlap_shrunk",
               "more events inside the overlap than can be remembered: it now reaches back only to " +
                   format_rfc3339(ledger_->cursor().floor.time) + "; a smaller overlap avoids this"});
  }
  return unit;
}

void Poller::go_on(const Settlement& settlement, const Window& window, Now now, std::vector<Action>& out) {
  switch (settlement.next) {
    case Settlement::Next::onwards:
      break;
    case Settlement::Next::onwards_proven:
      planner_.trust();
      break;
    case Settlement::Next::gap:
      if (planner_.leave_unconfirmed(*window.to)) void_lanes(0, out);
      break;
    case Settlement::Next::rest_of_window:
      void_lanes(0, out);
      planner_.go_back(settlement.from);
      schedule_.rest_until(now.steady);
      last_reading_.probe.reset();  // its total counts what is still to be published
      break;
    case Settlement::Next::rest:
      planner_.rest();
      catches_up_since_.reset();
      break;
  }
}

// One line for all of a kind, however many there are.
void Poller::say_dead_letters(const std::vector<DeadLetter>& letters, std::vector<Action>& out) const {
  std::map<std::string_view, std::pair<std::size_t, const DeadLetter*>> kinds;
  for (const DeadLetter& letter : letters) {
    auto& [count, first] = kinds[letter.flaw.code];
    if (count++ == 0) first = &letter;
  }
  for (const auto& [code, kind] : kinds) {
    const auto& [count, first] = kind;
    const std::string more = count > 1 ? " and " + std::to_string(count - 1) + " more go to " : " goes to ";
    out.push_back(
        Notice{Level::warn, "dead_letter_" + std::string(code),
               "event " + first->event.id + more + source_->dead_letter_topic + ": " + first->flaw.detail});
  }
}

// A backfill is expected to find events: several vendors answer worthless credentials with empty pages, not
// with refusals.
void Poller::say_if_nothing_found(std::vector<Action>& out) {
  const Cursor& cursor = ledger_->cursor();
  if (said_.nothing_found || !source_->backfill_start_time || cursor.published + cursor.dead_letters > 0)
    return;
  said_.nothing_found = true;
  std::string text =
      "nothing found since " + format_rfc3339(cursor.since) + "; if there should be something, look at:";
  for (const std::string& hint : vendor().empty_hints(*source_)) text += " " + hint;
  out.push_back(Notice{Level::warn, "no_events", std::move(text)});
}

std::optional<Unit> Poller::take_progress(Now now) {
  if (!has_progress()) return std::nullopt;
  Unit unit;
  unit.source = source_;
  unit.now = vendor_now(now);
  unit.records = ledger_->take_records(now.wall);
  if (initial_cursor_ == InitialCursor::due) initial_cursor_ = InitialCursor::committing;
  cursor_has_news_ = false;
  return unit;
}

// Only together with the cursor that it tells of: after a restart none must say less than the one before.
std::optional<Unit> Poller::take_heartbeat(const std::string& topic, Now now) {
  if (why_stopped_ || initial_cursor_ != InitialCursor::committed) return std::nullopt;
  std::optional<Unit> unit = take_progress(now);
  if (!unit) {
    unit.emplace();
    unit->source = source_;
    unit->now = vendor_now(now);
  }
  unit->generation = ledger_->cursor().generation;
  unit->heartbeat = heartbeat_of(ledger_->cursor(), topic);
  return unit;
}

void Poller::write_cursor_again() {
  if (!ledger_) return;
  ledger_->write_all_again();
  cursor_has_news_ = true;
}

void Poller::on_committed() {
  if (initial_cursor_ == InitialCursor::committing) initial_cursor_ = InitialCursor::committed;
}

}  // namespace auditstream::core
