// Reads a range of a vendor's log without Kafka: the same poller as `run`, with a cursor that lives in memory
// only.
#pragma once

#include <functional>
#include <string>

#include "auditstream/model.h"
#include "auditstream/result.h"
#include "auditstream/time.h"
#include "runtime/request_budget.h"

namespace auditstream::runtime {

struct RangeEnd {
  bool complete = false;
  bool unreachable = false;  // there was no response at all
  std::string error;         // what is wrong, with the remedy, unless complete
};

// Passes each event of [from, to) to `take` once, ascending by (time, id) within each window; events without
// a readable time as well. `take` returns false to stop (which counts as complete). Gives up at the first
// refusal that waiting won't fix.
RangeEnd read_range(const std::shared_ptr<const Source>& source, RequestBudget& budget, Time from, Time to,
                    const std::function<bool(const Event&)>& take,
                    const std::function<void(const std::string&)>& say);

}  // namespace auditstream::runtime
