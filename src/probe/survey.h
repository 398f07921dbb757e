// Survey: which ranges one source's vendor is asked for, and in which order, so that all facts can be judged
// within a number of requests. Pure, as its Session is.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "probe/facts.h"
#include "probe/lateness.h"
#include "probe/session.h"

namespace auditstream::probe {

struct Wishes {
  bool bad_credential = false;
  std::optional<Duration> watch{};
  unsigned requests_for_watch = 0;  // of all that may be sent
};

struct Report {
  std::vector<Fact> facts;
  std::optional<Lateness> lateness;
  unsigned requests = 0;
  bool interrupted = false;
  bool reached = false;  // there was an HTTP response
  bool served = false;   // and one that was no failure of the server's (5xx)
  bool refused = false;  // and the first was no page
  Time at{};

  bool contradicted() const;
};

// `say` hears what is being asked.
Report survey(Session& session, const Wishes& wishes, const std::function<void(const std::string&)>& say);

}  // namespace auditstream::probe
