// A config file of a test: written to a folder of its own, loaded at a fixed time, removed with it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "config/config.h"

namespace auditstream::config {

class ConfigFolder {
 public:
  ConfigFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "auditstream-config-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ConfigFolder() { std::filesystem::remove_all(folder_); }
  ConfigFolder(const ConfigFolder&) = delete;
  ConfigFolder& operator=(const ConfigFolder&) = delete;

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = folder_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }

  // 2026-11-20T12:00:00Z
  static Time now() { return Time{1795176000s}; }

  Loaded load(const std::string& text) const { return load_config(write("auditstream.yaml", text), now()); }

 private:
  std::filesystem::path folder_;
};

// A valid head of 3 lines; the first source's "- name" is line 4.
inline std::string with_sources(const std::string& sources) {
  return "kafka:\n  bootstrap.servers: localhost:9092\nsources:\n" + sources;
}

// "LINE: PATH: MESSAGE" of each.
inline std::vector<std::string> lines_of(const std::vector<Finding>& findings) {
  std::vector<std::string> lines;
  for (const Finding& finding : findings) {
    lines.push_back(std::to_string(finding.line) + ": " + finding.path + ": " + finding.message);
  }
  return lines;
}

}  // namespace auditstream::config
