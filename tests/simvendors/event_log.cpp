#include "simvendors/event_log.h"

#include <cmath>
#include <utility>

#include "simvendors/wire.h"

namespace auditstream::sim {

namespace {

// Position within a burst, or nothing outside of bursts.
std::optional<std::uint64_t> in_burst(const LogSpec& spec, std::uint64_t number) {
  if (spec.burst_every == 0 || number % spec.burst_every >= spec.burst_size) return std::nullopt;
  return number % spec.burst_every;
}

}  // namespace

EventLog::EventLog(const LogSpec& spec, Time start) : spec_(spec), start_(start), history_(spec.history) {
  times_.reserve(history_);
  const double span = static_cast<double>(spec.history_span.count());
  const auto spread = [&](std::uint64_t number) {
    const double place = (static_cast<double>(number) + fraction(mix(spec.seed, number))) / spec.history;
    return start - spec.history_span + Duration(std::llround(place * span));
  };
  for (std::uint64_t number = 0; number < history_; ++number) {
    const auto place = in_burst(spec, number);
    const Time time = place ? std::chrono::floor<std::chrono::seconds>(spread(number - *place)) +
                                  Duration(static_cast<std::int64_t>(*place * 999999 / spec.burst_size))
                            : spread(number);
    times_.push_back(std::min(time, start - Duration(1)));
  }
  std::sort(times_.begin(), times_.end());
}

Time EventLog::produced(std::uint64_t number) const {
  const std::uint64_t place = in_burst(spec_, number).value_or(0);
  const std::uint64_t base = number - place;
  const double seconds = (static_cast<double>(base) + fraction(mix(spec_.seed ^ 0x11fe, base))) / spec_.rate;
  return start_ + Duration(std::llround(seconds * 1e6)) + Duration(static_cast<std::int64_t>(place));
}

void EventLog::advance(Time now) {
  if (now >= stall_to_) {
    for (const Time time : std::exchange(own_held_back_, {})) add_own(time, stall_to_);
  }
  while (spec_.rate > 0) {
    const Time at = produced(next_);
    const Time appears = stalled(at) ? stall_to_ : at;
    if (appears > now) return;
    if (stopped(at)) {
      if (stopped_to_ > now) return;  // whether it will ever have been is not known yet
      ++next_;
      continue;
    }
    Time time = at;
    const std::uint64_t chance = mix(spec_.seed ^ 0x1a7e, next_);
    if (fraction(chance) < spec_.late_share) {
      const auto room = static_cast<double>(std::min(spec_.late_max, at - start_).count());
      time -= Duration(static_cast<std::int64_t>(fraction(mix(chance)) * room));
    } else if (fraction(mix(chance, 2)) < spec_.ahead_share) {
      time += spec_.ahead_by;
    }
    ++next_;
    add(time, appears);
  }
}

void EventLog::append_own(Time now) {
  advance(now);
  const Time at = std::max({now, start_, appeared_.empty() ? now : appeared_.back()});
  if (stopped(at)) return;
  if (stalled(at)) {
    own_held_back_.push_back(at);
  } else {
    add_own(at, at);
  }
}

void EventLog::add_own(Time time, Time appeared) {
  add(time, appeared);
  own_.insert(size() - 1);
}

void EventLog::add(Time time, Time appeared) {
  const Serial serial = size();
  times_.push_back(time);
  appeared_.push_back(appeared_.empty() ? appeared : std::max(appeared, appeared_.back()));
  const auto place = std::upper_bound(by_time_.begin(), by_time_.end(), time,
                                      [this](Time value, Serial row) { return value < times_[row]; });
  by_time_.insert(place, serial);
}

EventLog::Ranks EventLog::between(Time from, Time to) const {
  const auto rank = [this](Time bound) {
    if (bound <= start_) {
      return static_cast<Serial>(std::lower_bound(times_.begin(), times_.begin() + history_, bound) -
                                 times_.begin());
    }
    const auto place = std::lower_bound(by_time_.begin(), by_time_.end(), bound,
                                        [this](Serial row, Time value) { return times_[row] < value; });
    return history_ + static_cast<Serial>(place - by_time_.begin());
  };
  const Serial first = rank(from);
  return {first, std::max(first, rank(to))};
}

Serial EventLog::listed(const Ranks& ranks, Order order, Serial index) const {
  if (order == Order::descending) return at_rank(ranks.last - 1 - index);
  if (order == Order::ascending) return at_rank(ranks.first + index);
  const Serial begin = index / block * block;
  const bool whole = ranks.count() - begin >= block;
  const Serial moved = whole ? shuffled(index) : begin + (ranks.count() - 1 - index);
  return at_rank(ranks.first + moved);
}

Serial EventLog::shuffled(Serial serial) {
  Serial mirrored = 0;
  for (Serial bit = 0; bit < 10; ++bit) mirrored |= (serial >> bit & 1) << (9 - bit);
  return (serial & ~(block - 1)) | mirrored;
}

std::pair<Serial, Serial> EventLog::serials(Time from, Time to) const {
  const auto in_history = [this](Time bound) {
    return static_cast<Serial>(std::lower_bound(times_.begin(), times_.begin() + history_, bound) -
                               times_.begin());
  };
  const Serial last = to <= start_ ? in_history(to) : size();
  if (from < start_) return {in_history(from), last};
  // A row's time lies at most `ahead_by` after its appearance.
  const auto seen = std::lower_bound(appeared_.begin(), appeared_.end(), from - spec_.ahead_by);
  return {history_ + static_cast<Serial>(seen - appeared_.begin()), last};
}

}  // namespace auditstream::sim
