// The differences between two readings of the config. Pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"

namespace auditstream::config {

// What a reload does to the sources, by name.
struct SourceChanges {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;

  bool none() const { return added.empty() && changed.empty() && removed.empty(); }
  // "2 added (a, b), 1 removed (c)"
  std::string text() const;
};

// Compares; a source that is still the same keeps its object: `after` gets that of `before`.
SourceChanges compare_sources(const std::vector<std::shared_ptr<const Source>>& before,
                              std::vector<std::shared_ptr<const Source>>& after);

// Sections that differ but are applied only by a restart: "kafka", "offsets".
std::vector<std::string> needing_restart(const Config& before, const Config& after);

}  // namespace auditstream::config
