// The files that `include` names. Reads directories, never the files themselves.
#pragma once

#include <string>
#include <vector>

namespace auditstream::config {

// `pattern` is as written in the config, relative to that file's folder. In the order of the names; a plain
// name is returned whether or not the file exists.
std::vector<std::string> included_files(const std::string& config_path, const std::string& pattern);

}  // namespace auditstream::config
