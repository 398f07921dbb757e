#include "config/include.h"

#include <glob.h>
#include <sys/stat.h>

#include <filesystem>
#include <sstream>

#include "config/config.h"

namespace auditstream::config {

std::vector<std::string> included_files(const std::string& config_path, const std::string& pattern) {
  const std::filesystem::path folder = std::filesystem::path(config_path).parent_path();
  if (pattern.find_first_of("*?[") == std::string::npos) return {(folder / pattern).string()};
  std::string escaped;
  for (const char c : folder.string()) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') escaped += '\\';
    escaped += c;
  }
  glob_t found{};
  std::vector<std::string> files;
  if (::glob((std::filesystem::path(escaped) / pattern).c_str(), 0, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return files;
}

std::string config_stamp(const std::string& path, const std::vector<std::string>& include) {
  std::vector<std::string> files{path};
  for (const std::string& pattern : include) {
    for (std::string& file : included_files(path, pattern)) files.push_back(std::move(file));
  }
  std::ostringstream stamp;
  for (const std::string& file : files) {
    struct stat status {};
    stamp << file;
    if (::stat(file.c_str(), &status) == 0) {
      stamp << ' ' << status.st_ino << ' ' << status.st_size << ' ' << status.st_mtim.tv_sec << '.'
            << status.st_mtim.tv_nsec;
    }
    stamp << '\n';
  }
  return stamp.str();
}

}  // namespace auditstream::config
