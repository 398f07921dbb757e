#include "core/settlement.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "core/planner.h"

namespace auditstream::core {
namespace {

// The newest event that is not from the future: it proves how far the vendor has got. One from the future
// says nothing about that, now or when its time has come.
std::optional<Time> newest(const std::vector<Event>& events, const Circumstances& circumstances) {
  const auto last = std::ranges::find_if(events.rbegin(), events.rend(), [&](const Event& event) {
    return *event.time <= circumstances.future_from;
  });
  if (last == events.rend()) return std::nullopt;
  return std::min(*last->time, circumstances.now);
}

}  // namespace

Settlement settle(const Ledger& ledger, Part part, WindowRead read, const Circumstances& circumstances) {
  using Next = Settlement::Next;
  const auto& [overlap, now, future_from, final_until, unsettled_from, events_max] = circumstances;
  const Reach before = ledger.reach(part);
  const Window& window = read.window;
  Settlement settlement{std::move(read.events),
                        {},
                        std::move(read.late),
                        {read.undated_again.begin(), read.undated_again.end()},
                        before.watermark,
                        before.floor,
                        Duration{0}};
  auto& [events, undated, late, undated_ids, watermark, floor, lateness, next, from] = settlement;
  // Windows are read in parallel, so their events are checked again in the order in which they are published.
  std::erase_if(events,
                [&](const Event& event) { return ledger.published(event.position(), hash64(event.id)); });
  std::erase_if(late, [&](const Event& event) { return !ledger.late(event.position(), hash64(event.id)); });
  for (Event& event : read.undated) {
    const std::uint64_t id = hash64(event.id);
    const std::optional<Time> known_until = ledger.dead_lettered_until(id);
    if (!known_until || *known_until < read.undated_until) undated_ids.push_back(id);
    if (!known_until) undated.push_back(std::move(event));
  }
  std::optional<Position> cut = read.cut;
  if (events.size() > events_max) {
    cut = events[events_max].position();
    events.erase(events.begin() + static_cast<std::ptrdiff_t>(events_max), events.end());
  }

  for (const std::vector<Event>* each : {&events, &late}) {
    for (const Event& event : *each) lateness = std::max(lateness, before.watermark - *event.time);
  }
  // While we read, events that a stall held back may appear behind the current page: the next reading finds
  // them.
  const bool torn = read.several_pages && (read.live || (read.read_before && !events.empty()));
  watermark = std::max(watermark, newest(events, circumstances).value_or(watermark));
  if (cut) {
    // Go on from the last event that is here.
    const Position reached = events.empty() ? before.floor : events.back().position();
    if (cut->time <= final_until) floor = reached;
    next = Next::rest_of_window;
    from = std::max(reached.time, window.from);
  } else if (window.to && *window.to <= final_until && window.from <= before.floor.time) {
    // What lies before it is final, too.
    watermark = std::max(watermark, *window.to);
    floor = Position{*window.to, ""};
  } else {
    watermark = std::max(watermark, now - finality_delay);
    const bool is_gap = !read.live && (torn || *window.to - watermark > overlap);
    next = is_gap ? Next::gap : read.live ? Next::rest : Next::onwards_proven;
  }
  Time overlapping = (torn ? before.watermark : watermark) - overlap;
  // The watermark may be far ahead of the window: then what lies between is still to be read again.
  if (window.to) overlapping = std::min(overlapping, *window.to);
  if (cut) overlapping = std::min(overlapping, cut->time);
  if (unsettled_from) overlapping = std::min(overlapping, *unsettled_from);
  floor = std::max({before.floor, floor, Position{overlapping, ""}});
  return settlement;
}

}  // namespace auditstream::core
