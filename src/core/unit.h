// Unit: what one source wants committed: all of it or nothing, in one transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "auditstream/model.h"
#include "core/cursor.h"
#include "core/dead_letter.h"
#include "core/heartbeat.h"

namespace auditstream::core {

struct Unit {
  std::shared_ptr<const Source> source;
  std::vector<Event> events;  // ascending by (time, id)
  std::vector<DeadLetter> dead_letters;
  std::vector<Record> records;  // for the offsets topic
  Time now;  // the earlier of our clock and the vendor's: no record's timestamp lies beyond
  std::uint64_t generation = 1;  // of the cursor: an event is published once in each
  std::uint64_t first_seq = 0;   // of its first event: how many the source has published, that one included
  bool backfill = false;         // its events come from the history, beside the present
  bool live = false;             // they are from the end of the log, which is read with each poll
  std::optional<Heartbeat> heartbeat{};  // of the cursor after this unit and those before it
  std::optional<Time> repaired{};        // when an operator's repair found that these events were missing

  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const Event& event : events) sum += event.raw.size();
    for (const DeadLetter& letter : dead_letters) sum += letter.event.raw.size();
    return sum;
  }
};

}  // namespace auditstream::core
