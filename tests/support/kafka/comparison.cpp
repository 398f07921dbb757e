#include "support/kafka/comparison.h"

#include <unordered_map>

#include "auditstream/json.h"
#include "base/hash.h"

namespace auditstream::test {
namespace {

constexpr std::size_t examples_max = 5;

struct Seen {
  std::string_view hash;
  std::size_t records = 0;
};

}  // namespace

std::vector<TrueEvent> read_truth(std::string_view ndjson) {
  std::vector<TrueEvent> truth;
  for (std::size_t at = 0; at < ndjson.size();) {
    const std::string_view line = ndjson.substr(at, ndjson.find('\n', at) - at);
    at += line.size() + 1;
    if (!json::scalar_at(line, "/time") || json::scalar_at(line, "/child") == "true") continue;
    if (json::scalar_at(line, "/malformed") == "true") continue;
    truth.push_back({json::scalar_at(line, "/id").value(), json::scalar_at(line, "/hash").value()});
  }
  return truth;
}

Comparison compare(const std::vector<TrueEvent>& truth, const std::vector<Record>& records) {
  Comparison comparison;
  comparison.vendor_had = truth.size();
  comparison.kafka_has = records.size();
  const auto wrong = [&](std::size_t& counter, const char* how, std::string_view id) {
    ++counter;
    if (comparison.examples.size() < examples_max)
      comparison.examples.push_back(std::string(how) + " " + std::string(id));
  };

  std::unordered_map<std::string_view, Seen> seen;
  for (const TrueEvent& event : truth) seen[event.id].hash = event.hash;
  for (const Record& record : records) {
    const std::string_view id = record.header("ce_id");
    const auto found = seen.find(id);
    if (found == seen.end()) {
      wrong(comparison.unknown, "unknown", id);
      continue;
    }
    if (++found->second.records > 1) wrong(comparison.duplicated, "duplicated", id);
    if (hash_hex(record.value.value_or("")) != found->second.hash) wrong(comparison.altered, "altered", id);
  }
  for (const auto& [id, event] : seen) {
    if (event.records == 0) wrong(comparison.missing, "missing", id);
  }
  return comparison;
}

}  // namespace auditstream::test
