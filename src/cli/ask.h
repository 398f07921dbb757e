// Asks whether a change is intended, if there is a terminal.
#pragma once

#include <optional>
#include <string>

namespace auditstream::cli {

// Nothing if there is a person to ask; otherwise says so and returns the exit code.
std::optional<int> refuse_to_ask();

// Nothing if the answer is yes; otherwise says so and returns the exit code.
std::optional<int> ask(const std::string& question);

}  // namespace auditstream::cli
