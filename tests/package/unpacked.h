// What an installation or an unpacked package holds.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace auditstream::test {

// Every file below a folder, relative to it; folders only where they are empty, with a slash at the end.
inline std::set<std::string> files_below(const std::filesystem::path& root) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string name = std::filesystem::relative(entry.path(), root);
    if (!entry.is_directory()) {
      files.insert(name);
    } else if (std::filesystem::is_empty(entry.path())) {
      files.insert(name + "/");
    }
  }
  return files;
}

}  // namespace auditstream::test
