// ${env:NAME}, ${env:NAME:-fallback} and ${file:/path} inside a scalar. Reads the environment and files,
// keeps nothing.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/result.h"

namespace auditstream::config {

struct Expansion {
  std::string text;
  std::vector<std::string> outside;  // what came from the environment and from files
  std::vector<std::string> env;      // names of the variables that were asked for
  bool from_file = false;            // something of it came from a file

  bool is_outside() const { return !outside.empty(); }
};

// Every reference replaced, once: what comes in is not expanded again. The error names all references that
// failed, and never quotes anything but their names; it is `unavailable` where nothing but files failed.
Result<Expansion> expand(std::string_view spelled, const Allowance* allowance = nullptr);

// Letters, digits and underscores, the first no digit.
bool is_env_name(std::string_view name);

// The names of the environment variables in it.
std::set<std::string> variables_in(std::string_view spelled);

// The whole of a regular file, or why not ("no such file"). With `folders` the file must really lie in one of
// them, whatever links lead to it.
Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max,
                                    const std::vector<std::string>* folders = nullptr);

// Without spaces, tabs and line ends at both ends.
std::string_view trimmed(std::string_view text);

// A secret ready for use.
struct Revealed {
  std::string text;
  bool was_trimmed = false;  // of more than the line end that a file has
  bool in_clear = false;     // it stands in the config itself
};

// A secret by the way the config spells it. Empty ones and those that hold a control character (they go into
// HTTP headers) are errors; `unavailable` where the fault is a file's.
Result<Revealed> reveal(std::string_view spelled, const Allowance* allowance = nullptr);

}  // namespace auditstream::config
