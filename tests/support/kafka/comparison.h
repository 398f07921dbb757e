// Comparison: what a vendor has against what a topic holds. Decides nothing about how either was got.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "support/kafka/topic_reader.h"

namespace auditstream::test {

// One event that must be in the topic, as its vendor has it.
struct TrueEvent {
  std::string id;    // as the connector names it
  std::string hash;  // hash_hex of the vendor's bytes
};

// What the simulated vendors tell, one JSON object a line. Left out is what does not belong into the topic:
// events without a readable time (dead letters) and those of child namespaces.
std::vector<TrueEvent> read_truth(std::string_view ndjson);

struct Comparison {
  std::size_t vendor_had = 0;
  std::size_t kafka_has = 0;  // records
  std::size_t missing = 0;
  std::size_t duplicated = 0;         // records beyond the first of an id
  std::size_t altered = 0;            // records whose bytes are not the vendor's
  std::size_t unknown = 0;            // records that the vendor never had
  std::vector<std::string> examples;  // a few ids that are wrong, each with what is wrong

  bool perfect() const { return missing + duplicated + altered + unknown == 0; }
};

// The records of one source against the events of its tenant. Ids are those of the header ce_id.
Comparison compare(const std::vector<TrueEvent>& truth, const std::vector<Record>& records);

}  // namespace auditstream::test
