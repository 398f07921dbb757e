#include "admin/sources_view.h"

#include <utility>

#include "core/adoption.h"
#include "core/home_partition.h"

namespace auditstream::admin {
namespace {

std::int64_t minute_of(Time time) {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

void show_last_error(SourceView& view, const core::LastError& last_error) {
  view.state =
      last_error.state == core::LastError::State::failed ? SourceState::failed : SourceState::running;
  view.activity = core::activity_in(last_error.state);
  view.error = last_error.text;
  view.error_status = last_error.status;
  view.failing_since = last_error.since;
  view.attempts = last_error.attempts;
  view.last_success = last_error.last_success;
}

// What the records alone say about a source that is not polled here.
void judge_record(SourceView& view, const std::string& unreadable, bool elsewhere, Time now) {
  const Source& source = *view.source;
  if (!unreadable.empty()) {
    view.state = SourceState::failed;
    view.error = core::cursor_cant_be_used(source, unreadable);
    return;
  }
  if (!view.cursor) return;
  const core::Cursor& cursor = *view.cursor;
  view.last_success = cursor.updated;
  if (elsewhere) {
    view.state = SourceState::failed;
    view.error = core::cursor_lies_in(source, view.partition, cursor.account);
  } else if (std::optional<std::string> why = core::why_not_adopted(source, cursor, view.partition)) {
    view.state = SourceState::failed;
    view.error = *std::move(why);
  } else if (std::optional<std::string> ahead = core::lies_in_the_future(source, cursor, now)) {
    view.state = SourceState::failed;
    view.error = *std::move(ahead);
  } else if (cursor.state == core::Cursor::State::paused) {
    view.state = SourceState::paused;
  } else if (cursor.last_error) {
    show_last_error(view, *cursor.last_error);
  } else if (cursor.history && cursor.history->last_error) {
    show_last_error(view, *cursor.history->last_error);
  } else if (cursor.history) {
    view.activity = core::Activity::backfilling;
  }
}

void judge_poller(SourceView& view, const core::PollerStatus& poller) {
  view.activity = poller.activity;
  view.error = poller.error;
  view.error_status = poller.error_status;
  view.failing_since = poller.failing_since;
  view.attempts = poller.attempts;
  view.last_success = poller.last_success;
  view.next_attempt = poller.next_attempt;
  view.backfill_end = poller.backfill_end;
  view.rows_outside = poller.rows_outside;
  if (poller.activity == core::Activity::stopped) {
    view.state = SourceState::failed;
    return;
  }
  view.cursor = poller.cursor;
  // A previous owner's, as long as nothing was read here and no trouble of our own is known.
  if (!view.last_success && view.error.empty()) view.last_success = poller.cursor.updated;
  view.state = poller.cursor.state == core::Cursor::State::paused ? SourceState::paused
               : poller.activity == core::Activity::failing       ? SourceState::failed
                                                                  : SourceState::running;
}

// Its partition is ours, but not open: nobody polls it, whatever its record says about a previous owner.
void judge_opening(SourceView& view, const std::optional<core::JournalFailed>& why) {
  const bool of_the_vendor = view.state == SourceState::running || (view.state == SourceState::failed && why);
  if (view.state != SourceState::unassigned && !of_the_vendor) return;
  view.state = why && why->error.lasts() ? SourceState::failed : SourceState::unassigned;
  view.activity.reset();
  view.error = why ? why->error.message : "";
  view.error_status = 0;
  view.failing_since.reset();
  view.attempts = 0;
}

}  // namespace

void doubt(std::vector<SourceView>& views, const std::string& why) {
  for (SourceView& view : views) {
    view.known = false;
    if (view.state == SourceState::unassigned && view.error.empty()) view.error = why;
    if (view.state != SourceState::running) continue;
    view.state = SourceState::unassigned;
    view.error = why;
    view.error_status = 0;
  }
}

void SourcesView::configure(std::vector<std::shared_ptr<const Source>> sources) {
  const MutexLock lock(mutex_);
  sources_ = std::move(sources);
}

std::optional<core::OffsetsEvent> SourcesView::apply(int partition, std::string_view key,
                                                     const std::optional<std::string_view>& value) {
  const MutexLock lock(mutex_);
  std::optional<core::OffsetsEvent> event = offsets_.apply(partition, key, value);
  const auto places = offsets_.cursors().find(key);
  if (places == offsets_.cursors().end()) {
    if (const auto rate = rates_.find(key); rate != rates_.end()) rates_.erase(rate);
    return event;
  }
  const auto placed = places->second.find(partition);
  if (placed == places->second.end() || !placed->second.cursor) return event;
  // By the time in the record: after a start, the tail reads the records of hours within a moment.
  const core::Cursor& cursor = *placed->second.cursor;
  Rate& rate = rates_[std::string(key)];
  if (rate.published && cursor.published > *rate.published)
    rate.events[minute_of(cursor.updated)] += cursor.published - *rate.published;
  rate.published = cursor.published;
  while (rate.events.size() > minutes_max) rate.events.erase(rate.events.begin());
  return event;
}

std::vector<SourceView> SourcesView::view(const core::FleetStatus& fleet, Time now) const {
  std::map<std::string_view, const core::SourceStatus*> here;
  for (const core::SourceStatus& source : fleet.sources) here.emplace(source.source->name, &source);
  const MutexLock lock(mutex_);
  std::vector<SourceView> views;
  views.reserve(sources_.size());
  for (const auto& source : sources_) {
    const auto found = here.find(source->name);
    const auto not_open = fleet.partitions_not_open.find(core::home_partition(*source, partitions_));
    views.push_back(view_of(source, found == here.end() ? nullptr : found->second,
                            not_open == fleet.partitions_not_open.end() ? nullptr : &not_open->second, now));
  }
  return views;
}

SourceView SourcesView::view_of(const std::shared_ptr<const Source>& source, const core::SourceStatus* here,
                                const std::optional<core::JournalFailed>* not_open, Time now) const {
  SourceView view;
  view.source = source;
  const int home = core::home_partition(*source, partitions_);
  view.partition = home;
  if (const core::OwnerRecord* owner = offsets_.owner(home))
    view.owner = owner->instance.empty() ? "?" : owner->instance;
  std::string unreadable;
  if (const auto* placed = offsets_.cursor(source->name, home)) {
    view.partition = placed->first;
    view.cursor = placed->second.cursor;
    unreadable = placed->second.unreadable;
  }
  const bool has_cursor = view.cursor || !unreadable.empty();
  view.state = !view.owner || !has_cursor ? SourceState::unassigned : SourceState::running;
  if (here != nullptr) {
    judge_poller(view, here->poller);
  } else {
    judge_record(view, unreadable, view.partition != home, now);
    if (not_open != nullptr) judge_opening(view, *not_open);
  }
  if (!source->enabled) {
    view.state = SourceState::paused;
    view.error.clear();
  }
  if (const auto rate = rates_.find(source->name); rate != rates_.end()) {
    const std::int64_t running = minute_of(now);
    for (std::int64_t minute = running - minutes_max + 1; minute <= running; ++minute) {
      const auto events = rate->second.events.find(minute);
      view.per_minute.push_back(events == rate->second.events.end() ? 0 : events->second);
    }
  }
  return view;
}

}  // namespace auditstream::admin
