// Activity: what a source is doing right now, in the words that users see.
#pragma once

#include <array>

#include "core/cursor.h"

namespace auditstream::core {

enum class Activity {
  backfilling,
  failing,
  paused,
  reading,
  resting,
  retrying,
  starting,
  stopped,
  throttled
};

inline constexpr std::array activities{Activity::backfilling, Activity::failing, Activity::paused,
                                       Activity::reading,     Activity::resting, Activity::retrying,
                                       Activity::starting,    Activity::stopped, Activity::throttled};

constexpr const char* to_string(Activity activity) {
  switch (activity) {
    case Activity::backfilling:
      return "backfilling";
    case Activity::failing:
      return "failing";
    case Activity::paused:
      return "paused";
    case Activity::reading:
      return "reading";
    case Activity::resting:
      return "resting";
    case Activity::retrying:
      return "retrying";
    case Activity::starting:
      return "starting";
    case Activity::stopped:
      return "stopped";
    case Activity::throttled:
      return "throttled";
  }
  return "stopped";
}

constexpr Activity activity_in(LastError::State state) {
  switch (state) {
    case LastError::State::failed:
      return Activity::failing;
    case LastError::State::throttled:
      return Activity::throttled;
    case LastError::State::retrying:
      return Activity::retrying;
  }
  return Activity::failing;
}

}  // namespace auditstream::core
