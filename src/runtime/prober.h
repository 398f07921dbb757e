// Asks a vendor what `probe` wants to know: the survey with a real HTTP client, clock, rate limit and Ctrl-C.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "auditstream/model.h"
#include "auditstream/result.h"
#include "probe/survey.h"
#include "runtime/request_budget.h"

namespace auditstream::runtime {

struct Probed {
  probe::Report report;
  std::string transcript;  // if it is wanted
};

// Blocks until all has been asked, `requests_max` requests have been sent, or SIGINT or SIGTERM comes. An error
// if the credential can't be read.
Result<Probed> probe_source(const std::shared_ptr<const Source>& source, RequestBudget& budget,
                            const probe::Wishes& wishes, unsigned requests_max, bool with_transcript,
                            const std::function<void(const std::string&)>& say);

}  // namespace auditstream::runtime
