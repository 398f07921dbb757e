#include "cli/sources.h"

#include <vector>

#include "config/nearest.h"
#include "runtime/output.h"

namespace auditstream::cli {

std::shared_ptr<const Source> find_source(const config::Config& config, const std::string& name,
                                          std::ostream& err) {
  std::vector<std::string> names;
  for (const auto& source : config.sources) {
    if (source->name == name) return source;
    names.push_back(source->name);
  }
  err << "no source is called \"" << runtime::shown(name) << "\"" << config::did_you_mean(name, names)
      << "\n";
  return nullptr;
}

}  // namespace auditstream::cli
