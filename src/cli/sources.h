// Finds a source by the name that a person typed.
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "config/config.h"

namespace auditstream::cli {

// Null if there is no such source; then `err` says so and suggests the nearest name.
std::shared_ptr<const Source> find_source(const config::Config& config, const std::string& name,
                                          std::ostream& err);

}  // namespace auditstream::cli
