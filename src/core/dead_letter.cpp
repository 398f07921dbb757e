#include "core/dead_letter.h"

#include "base/hash.h"
#include "core/envelope.h"

namespace auditstream::core {

Flaw lateness_of(const Event& event, const Position& floor, Duration overlap, Time now) {
  const Duration late = std::max(now - *event.time, overlap + (floor.time - *event.time));
  // To the next minute, and one more.
  const Duration enough = std::chrono::ceil<std::chrono::minutes>(late) + 1min;
  return {"late", "it appeared " + readable_duration(std::chrono::floor<std::chrono::seconds>(late)) +
                      " after its own time, when everything up to " + format_rfc3339(floor.time) +
                      " had been published; overlap: " + format_duration(enough) +
                      " would have caught it, and this source has " + format_duration(overlap)};
}

std::optional<Flaw> flaw_of(const Event& event, const RecordRules& rules) {
  if (event.time) {
    if (!fits_record(event, rules.bytes_max)) {
      return Flaw{"too_large", "the event has " + std::to_string(event.raw.size()) +
                                   " bytes, and a record of the topic at most " +
                                   std::to_string(rules.bytes_max) + " (max.message.bytes)"};
    }
    if (rules.refused.contains(hash64(event.id))) return Flaw{"refused", "the broker refused the record"};
  }
  if (event.flaw) return Flaw{"malformed_json", *event.flaw};
  if (event.time) return std::nullopt;
  return Flaw{"unreadable_time",
              "no readable time in the event; where the vendor's format differs set time_field"};
}

}  // namespace auditstream::core
