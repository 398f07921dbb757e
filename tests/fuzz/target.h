// Targets of fuzzing: each takes any bytes, as they may come from outside, and holds the parsers to more than
// not to crash. What is wrong ends the process (CHECK), which is what libFuzzer waits for.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace auditstream::fuzz {

struct Target {
  std::string name;
  std::function<void(std::string_view input)> run;
  std::function<std::vector<std::string>()> seeds;  // inputs to begin with
};

// Beside small seeds a target has one of about this size, or inputs would stay as small as what mutates into
// them.
inline constexpr std::size_t large_seed = 40'000;

// Every one of them.
const std::vector<Target>& targets();
// Nothing if there is none of that name.
const Target* find_target(std::string_view name);

std::vector<Target> vendor_targets();
Target json_target();
Target cursor_target();
Target ledger_target();
Target times_target();
Target links_target();
Target ocsf_target();
Target config_target();
Target http_request_target();
Target http_wire_target();
Target status_target();

}  // namespace auditstream::fuzz
