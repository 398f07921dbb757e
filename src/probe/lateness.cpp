#include "probe/lateness.h"

#include <algorithm>

#include "auditstream/model.h"
#include "core/overlap_advice.h"
#include "probe/words.h"

namespace auditstream::probe {

void Watch::look(const std::vector<Row>& rows, Time now) {
  if (looks_ == 0) first_ = now;
  if (looks_ > 0) resolution_ = std::max(resolution_, now - last_);
  last_ = now;
  for (const Row& row : rows) {
    if (ids_.insert(row.id).second && looks_ > 0 && row.time) late_.push_back(now - *row.time);
  }
  ++looks_;
}

Lateness Watch::lateness(Duration looked_back) const {
  Lateness found;
  found.events = late_.size();
  found.resolution = resolution_;
  found.looked_back = looked_back;
  found.watched = last_ - first_;
  if (late_.empty()) return found;
  std::vector<Duration> sorted = late_;
  std::ranges::sort(sorted);
  // The smallest value that at least so many percent don't exceed.
  const auto percentile = [&](std::size_t percent) {
    return sorted[(sorted.size() * percent + 99) / 100 - 1];
  };
  found.p50 = percentile(50);
  found.p99 = percentile(99);
  found.max = sorted.back();
  return found;
}

Fact overlap_suffices(const std::optional<Lateness>& lateness, Duration overlap) {
  Fact made{"lateness", "do events appear within the overlap?", Verdict::cant_tell, "", ""};
  if (!lateness) {
    made.seen = "not watched: --watch 2h";
    return made;
  }
  if (lateness->events == 0) {
    made.seen = "no new event in " + readable_duration(lateness->watched);
    return made;
  }
  made.seen = counted(lateness->events, "new event") + " seen after p50 " + readable_duration(lateness->p50) +
              ", p99 " + readable_duration(lateness->p99) + ", at most " + readable_duration(lateness->max) +
              " (looked every " + readable_duration(lateness->resolution) + ", back for " +
              readable_duration(lateness->looked_back) + "); overlap is " + format_duration(overlap);
  made.verdict = lateness->max <= overlap ? Verdict::holds : Verdict::contradicted;
  if (made.verdict == Verdict::contradicted) {
    made.remedy = "overlap: " + format_duration(core::overlap_for(lateness->max));
  } else if (core::overlap_for(lateness->max) > overlap) {
    made.seen += "; " + format_duration(core::overlap_for(lateness->max)) + " would be twice what was seen";
  }
  return made;
}

}  // namespace auditstream::probe
