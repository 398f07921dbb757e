// ${env:NAME}, ${env:NAME:-fallback} and ${file:/path} inside a scalar. Reads the environment and files,
// keeps nothing.
#pragma once

#include <string>
#include <string_view>

#include "auditstream/result.h"

namespace auditstream {

struct Expansion {
  std::string text;
  bool outside = false;  // something of it came from the environment or a file
};

// Every reference replaced, once: what comes in is not expanded again. The error names all references that
// failed, and never quotes anything but their names.
Result<Expansion> expand(std::string_view spelled);

// The whole of a regular file, or why not ("no such file").
Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max);

// Without spaces, tabs and line ends at both ends.
std::string_view trimmed(std::string_view text);

// A secret ready for use.
struct Revealed {
  std::string text;
  bool was_trimmed = false;
  bool in_clear = false;  // it stands in the config itself
};

// A secret by the way the config spells it. Empty ones and those that hold a control character (they go into
// HTTP headers) are errors.
Result<Revealed> reveal(std::string_view spelled);

}  // namespace auditstream
