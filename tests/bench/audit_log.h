// AuditLog: a log of events that lie evenly in time, of any length, in no memory: an event is rendered when
// it is asked for. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auditstream/time.h"

namespace auditstream::bench {

inline constexpr std::size_t event_bytes = 786;
// The id of event number 0. Ids have a fixed width, so that rendering a row is a copy and three patches.
inline constexpr std::uint64_t first_id = 1'000'000'000;

// Event number i (from 0, the oldest) happens at `start + i * spacing`.
struct AuditLog {
  Time start;
  Duration spacing{1s};
  std::uint64_t count = 0;

  Time time_of(std::uint64_t number) const { return start + spacing * static_cast<Duration::rep>(number); }
  // How many events happen before that time: also the number of the first one at or after it.
  std::uint64_t before(Time time) const;
};

// One event as JSON of event_bytes bytes, with its time under the key that the vendor uses. "created_us" in
// it is the exact microsecond, for whoever wants to know when it became visible.
class Row {
 public:
  explicit Row(std::string_view time_key);
  void append(std::string& out, std::uint64_t number, Time time) const;

 private:
  std::string text_;
  std::size_t id_at_;
  std::size_t time_at_;
  std::size_t created_us_at_;
};

}  // namespace auditstream::bench
