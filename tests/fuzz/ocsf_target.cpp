// Mappings and what they make of lines: a mapping, a line "---", then a line that may be an event.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "auditstream/check.h"
#include "auditstream/json.h"
#include "base/json_walk.h"
#include "fuzz/target.h"
#include "ocsf/mapper.h"
#include "paths.h"
#include "vendor_apis/registry.h"

namespace auditstream::fuzz {
namespace {

constexpr std::string_view separator = "\n---\n";

void map_line(const Vendor& vendor, ocsf::Mapping mapping, std::string_view line) {
  const ocsf::Mapper mapper(vendor, std::move(mapping), {});
  const ocsf::Mapped mapped = mapper.map(line, Time{});
  // One line of JSON that can't steer a terminal and from which the event can be taken.
  AS_CHECK(json::is_json(mapped.event));
  AS_CHECK(std::ranges::all_of(mapped.event, [](unsigned char c) { return c >= 0x20 && c != 0x7f; }));
  AS_CHECK(json::scalar_at(mapped.event, "/type_uid").has_value());
  const std::optional<std::string> raw = json::scalar_at(mapped.event, "/raw_data");
  AS_CHECK(raw.has_value());
  if (json::is_json(line)) AS_CHECK(*raw == line);
  if (!mapped.problem.empty()) AS_CHECK(json::scalar_at(mapped.event, "/class_uid") == "0");
}

void run(std::string_view input) {
  const std::size_t end = std::min(input.find(separator), input.size());
  const std::string_view yaml = input.substr(0, end);
  std::string_view line = input.substr(std::min(end + separator.size(), input.size()));
  line = line.substr(0, line.find('\n'));
  for (const Vendor* vendor : vendor_apis::vendors()) {
    ocsf::ReadMapping read = ocsf::read_mapping(yaml, "mapping.yaml", vendor->name());
    AS_CHECK(read.mapping.has_value() == read.mistakes.empty());
    if (read.mapping) map_line(*vendor, *std::move(read.mapping), line);
  }
}

std::vector<std::string> seeds() {
  std::string large = R"({"id":1,"created_at":"2026-11-20T00:00:00Z","spec":{"claims":[)";
  while (large.size() < large_seed) large += R"("user=\u001b\ud83d","x",{"a":[]},)";
  large += "7]}}";
  std::vector<std::string> seeds;
  for (const Vendor* vendor : vendor_apis::vendors()) {
    std::ifstream in(PROJECT_DIR "/config/ocsf/" + std::string(vendor->name()) + ".yaml", std::ios::binary);
    const std::string begin = std::string(std::istreambuf_iterator<char>(in), {}) + std::string(separator);
    seeds.push_back(begin + large);
    seeds.push_back(
        begin + R"({"id":"5e94d5b63f557b001420bbe3","timestamp":"2025-12-18 10:13:40 UTC","user_id":null})");
  }
  return seeds;
}

}  // namespace

Target ocsf_target() { return {"ocsf", run, seeds}; }

}  // namespace auditstream::fuzz
