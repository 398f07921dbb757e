// Which events can't be published as they are, and why. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

#include "auditstream/model.h"

namespace auditstream::core {

// What a topic accepts.
struct RecordRules {
  std::size_t bytes_max;                             // of a record
  const std::unordered_set<std::uint64_t>& refused;  // ids that the broker refused when sent alone
};

struct Flaw {
  std::string code;    // "unreadable_time", "malformed_json", "too_large", "refused", "late"
  std::string detail;  // a sentence
};

struct DeadLetter {
  Event event;
  Flaw flaw;
};

// Of an event that has appeared when everything up to `floor` counted as published.
Flaw lateness_of(const Event& event, const Position& floor, Duration overlap, Time now);

// Nothing: the event can be published.
std::optional<Flaw> flaw_of(const Event& event, const RecordRules& rules);

}  // namespace auditstream::core
