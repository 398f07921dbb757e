#include "core/planner.h"

#include <algorithm>

namespace auditstream::core {
namespace {

constexpr Duration day = 24h;
constexpr Duration span_first = 1h;
constexpr Duration span_max = 60 * day;
constexpr int growth_max = 4;

}  // namespace

Planner::Planner(bool by_day, WindowTarget target, std::optional<Time> end)
    : by_day_(by_day), target_(target), end_(end), span_(by_day ? day : span_first) {}

std::optional<Window> Planner::next(const Reach& reach, Duration overlap, Time now, bool may_be_live) {
  const Time from = ahead_.value_or(reach.floor.time);
  live_ = false;
  covers_gap_ = reached_ && from < *reached_;
  if (end_) {
    if (from >= *end_) return std::nullopt;
    ahead_ = std::min(end_of_window(from), *end_);
    return Window{from, ahead_};
  }
  Time to = end_of_window(reached_ ? std::max(from, *reached_) : from);
  // A window is cut where history ends, if at least half of it is left. That line moves on while we read:
  // with smaller windows, reading would creep along behind it for ever.
  const Time settled = now - finality_delay;
  if (settled - from >= (to - from) / 2) to = std::min(to, settled);
  const bool settles = to <= now - overlap;
  const Time last = std::min(now, border_.value_or(now));
  // The last part before the border is read for the first time as any other is: as a live window, which begins at the floor,
  // it might be narrowed again and again.
  const Time unread = std::max(from, reached_.value_or(from));
  const bool to_border = border_ && to >= last && unread < *border_ && *border_ <= now - overlap;
  if (to_border) to = *border_;
  if (to_border || (to < last && (settles || (live_is_split_ && to + span_ <= last)))) {
    if (live_is_split_ && to > settled && !unsettled_from_)
      unsettled_from_ = std::min(reach.watermark, now) - overlap;
    ahead_ = to;
    return Window{from, to};
  }
  if (!may_be_live) return std::nullopt;
  live_ = true;
  if (live_is_split_ && from > reach.floor.time && !unsettled_from_) unsettled_from_ = reach.floor.time;
  return Window{live_is_split_ ? from : std::min(from, reach.floor.time), border_};
}

Duration Planner::width(const Window& window, Time now) const {
  const Time to = window.to.value_or(std::max(now, window.from));
  return to - std::min(to, std::max(window.from, reached_.value_or(window.from)));
}

Time Planner::end_of_window(Time from) const {
  if (!by_day_) return from + span_;
  return floor_day(from) + std::max(span_ / day, Duration::rep{1}) * day;
}

void Planner::learn(std::size_t events, std::size_t bytes, Duration width) {
  if (width <= Duration{0}) return;  // all of it was a gap that had been covered before
  const double load = std::max(static_cast<double>(events) / static_cast<double>(target_.events),
                               static_cast<double>(bytes) / static_cast<double>(target_.bytes));
  const double fitting = static_cast<double>(width.count()) / std::max(load, 1e-6);
  // Several windows of an older, smaller span may still come in: they must not shrink what was learnt since.
  const auto reachable = static_cast<double>(std::max(span_, width * growth_max).count());
  set_span(std::min(fitting, reachable));
}

bool Planner::narrow(Duration width, double times) {
  if (width <= least_span()) return false;
  set_span(static_cast<double>(width.count()) / std::max(times, 1.0));
  return true;
}

Duration Planner::least_span() const { return by_day_ ? day : Duration{1s}; }

void Planner::set_span(double micros) {
  const double bounded = std::min(micros, static_cast<double>(span_max.count()));
  span_ = std::max(least_span(), Duration{static_cast<Duration::rep>(bounded)});
}

}  // namespace auditstream::core
