// BackfillEstimate: when history will have been read, at the pace kept so far. Pure.
#pragma once

#include <algorithm>
#include <optional>

#include "auditstream/time.h"

namespace auditstream::core {

class BackfillEstimate {
 public:
  // History is read from there on; only the first call counts.
  void begin(Time from, Steady now) {
    if (!began_) began_ = Beginning{from, now};
  }
  // `reached` is how far it has been read, of all up to `until`; nothing before there is a pace.
  std::optional<Time> end(Time reached, Time until, Now now) const {
    if (!began_) return std::nullopt;
    const double covered = static_cast<double>((reached - began_->from).count());
    const double took = static_cast<double>((now.steady - began_->at).count());
    if (covered <= 0 || took <= 0) return std::nullopt;
    const double left = static_cast<double>((std::max(until, reached) - reached).count());
    const double needed = std::min(left * took / covered, static_cast<double>(Duration{24h * 3650}.count()));
    return floor_second(now.wall + Duration{static_cast<Duration::rep>(needed)});
  }

 private:
  struct Beginning {
    Time from;
    Steady at;
  };
  std::optional<Beginning> began_;
};

}  // namespace auditstream::core
