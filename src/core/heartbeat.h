// Heartbeat: a record that says how far a source's log is in Kafka without a gap, whether or not anything happens
// there. Stream processors advance their time by it, auditors see an unbroken series. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "auditstream/model.h"
#include "core/cursor.h"

namespace auditstream::core {

// What the operator wants: where to, and how often for each source.
struct HeartbeatSeries {
  std::string topic;
  Duration interval;
};

struct Heartbeat {
  std::string topic;
  Time since;  // nothing older was ever wanted
  Time
      complete_until;  // everything since then that is older than this is in Kafka, as far as the cursor's floor proves
  std::uint64_t seq = 0;         // auditstream_seq of the last event; 0: there is none yet
  std::uint64_t generation = 1;  // of the cursor
};

Heartbeat heartbeat_of(const Cursor& cursor, std::string topic);

// The value of the record, whose key is the source's name:
// {"source":...,"vendor":...,"since":...,"complete_until":...,"seq":1,"generation":1}
std::string encode_heartbeat(const Source& source, const Heartbeat& heartbeat);

}  // namespace auditstream::core
