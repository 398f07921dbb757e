// ${env:NAME}, ${env:NAME:-fallback} and ${file:/path} inside a scalar. Reads the environment and files,
// stores nothing.
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
  std::vector<std::string> outside;  // the values from the environment and from files
  std::vector<std::string> env;      // names of the variables that were read
  bool from_file = false;            // some of the text came from a file

  bool is_outside() const { return !outside.empty(); }
};

// Replaces every reference, once: a value is not expanded again. The error names all references that failed,
// and quotes nothing but their names; it is `unavailable` if only files failed.
Result<Expansion> expand(std::string_view spelled, const Allowance* allowance = nullptr);

// Letters, digits and underscores, the first no digit.
bool is_env_name(std::string_view name);

// The names of the environment variables that it refers to.
std::set<std::string> variables_in(std::string_view spelled);

// The content of a regular file, or why it can't be read ("no such file"). With `folders`, the real file must
// be in one of them, whatever links lead to it.
Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max,
                                    const std::vector<std::string>* folders = nullptr);

// Without spaces, tabs and line ends at the beginning and end.
std::string_view trimmed(std::string_view text);

// A secret that is ready for use.
struct Revealed {
  std::string text;
  bool was_trimmed = false;  // of more than the line end of a file
  bool in_clear = false;     // it is written in the config itself
};

// The secret that the config's text stands for. It is an error if it is empty or has a control character (it
// goes into HTTP headers); `unavailable` if a file is at fault.
Result<Revealed> reveal(std::string_view spelled, const Allowance* allowance = nullptr);

}  // namespace auditstream::config
