// How long after its printed time an event appears in the log, and the overlap that this asks for. Pure.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "auditstream/time.h"
#include "probe/facts.h"
#include "probe/rows.h"

namespace auditstream::probe {

struct Lateness {
  std::size_t events = 0;
  Duration p50{0};
  Duration p99{0};
  Duration max{0};
  Duration resolution{0};  // the longest time between two looks
  Duration looked_back{0};
  Duration watched{0};
};

// Looks at the log again and again.
class Watch {
 public:
  // Whatever is there at first has appeared at some time before.
  void look(const std::vector<Row>& rows, Time now);

  std::size_t looks() const { return looks_; }
  Lateness lateness(Duration looked_back) const;

 private:
  std::unordered_set<std::string> ids_;
  std::vector<Duration> late_;
  std::size_t looks_ = 0;
  Time first_{};
  Time last_{};
  Duration resolution_{0};
};

Fact overlap_suffices(const std::optional<Lateness>& lateness, Duration overlap);

}  // namespace auditstream::probe
