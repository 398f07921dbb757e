// The files that `include` names. Reads directories, never the files themselves.
#pragma once

#include <string>
#include <vector>

namespace auditstream::config {

// A pattern as the config has it, relative to the folder of that config file. In the order of their names; a
// plain name is given back whether or not it exists.
std::vector<std::string> included_files(const std::string& config_path, const std::string& pattern);

}  // namespace auditstream::config
