// Whether a change is meant: asked where there is a terminal.
#pragma once

#include <optional>
#include <string>

namespace auditstream::cli {

// Nothing if a person can be asked; else the exit code, and said why.
std::optional<int> refuse_to_ask();

// Nothing if it may go on; else the exit code, and said why.
std::optional<int> ask(const std::string& question);

}  // namespace auditstream::cli
