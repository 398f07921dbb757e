#include "core/heartbeat.h"

#include <utility>

#include "auditstream/json_writer.h"

namespace auditstream::core {

Heartbeat heartbeat_of(const Cursor& cursor, std::string topic) {
  return {std::move(topic), cursor.since, cursor.complete_to().time, cursor.published, cursor.generation};
}

std::string encode_heartbeat(const Source& source, const Heartbeat& heartbeat) {
  return json::object({{"source", source.name},
                       {"vendor", source.vendor},
                       {"since", heartbeat.since},
                       {"complete_until", heartbeat.complete_until},
                       {"seq", heartbeat.seq},
                       {"generation", heartbeat.generation}})
      .text();
}

}  // namespace auditstream::core
