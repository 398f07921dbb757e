#include "core/overlap_advice.h"

#include <array>

namespace auditstream::core {

Duration overlap_for(Duration latest) {
  static constexpr std::array<Duration, 9> steps{10min, 20min, 30min, 1h, 2h, 4h, 8h, 12h, 24h};
  for (const Duration step : steps) {
    if (latest * 2 <= step) return step;
  }
  return ceil<std::chrono::days>(latest * 2);
}

std::optional<Duration> advised_overlap(const Source& source, const Cursor& cursor) {
  if (cursor.lateness * 2 <= source.overlap) return std::nullopt;
  return overlap_for(cursor.lateness);
}

std::optional<std::string> overlap_advice(const Source& source, const Cursor& cursor) {
  const std::optional<Duration> advised = advised_overlap(source, cursor);
  if (!advised) return std::nullopt;
  return source.name + ": an event has appeared " + readable_duration(cursor.lateness) +
         " behind what had been read: overlap: " + format_duration(*advised) + " is advised instead of " +
         format_duration(source.overlap);
}

}  // namespace auditstream::core
