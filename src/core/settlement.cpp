#include "core/settlement.h"

#include <algorithm>

#include "core/planner.h"

namespace auditstream::core {

Settlement settle(const Cursor& cursor, const WindowRead& read, const Circumstances& circumstances) {
  using Next = Settlement::Next;
  const auto& [window, several_pages, cut, last, newest] = read;
  const auto& [overlap, now, final_until, unsettled_from] = circumstances;
  Settlement settlement{std::max(cursor.watermark, newest.value_or(cursor.watermark)), cursor.floor};
  Time& watermark = settlement.watermark;
  if (cut) {
    // Go on from the last event that is here.
    const Position reached = last.value_or(cursor.floor);
    if (cut->time <= final_until) settlement.floor = reached;
    settlement.next = Next::rest_of_window;
    settlement.from = std::max(reached.time, window.from);
  } else if (window.to && *window.to <= final_until) {
    watermark = std::max(watermark, *window.to);
    settlement.floor = Position{*window.to, ""};
  } else {
    watermark = std::max(watermark, now - horizon);
    const bool is_gap = window.to && *window.to - watermark > overlap;
    settlement.next = is_gap ? Next::gap : window.to ? Next::onwards_proven : Next::rest;
  }
  // What a stall held back may come in while we read, behind the page that we are at: the next reading finds
  // it.
  const bool torn = !window.to && several_pages;
  Time overlapping = (torn ? cursor.watermark : watermark) - overlap;
  // The watermark may be far ahead of the window: then what lies between is still to be read again.
  if (window.to) overlapping = std::min(overlapping, *window.to);
  if (cut) overlapping = std::min(overlapping, cut->time);
  if (unsettled_from) overlapping = std::min(overlapping, *unsettled_from);
  settlement.floor = std::max({cursor.floor, settlement.floor, Position{overlapping, ""}});
  return settlement;
}

}  // namespace auditstream::core
