#include "cli/sources.h"

#include <vector>

#include "config/nearest.h"

namespace auditstream {

std::shared_ptr<const Source> find_source(const Config& config, const std::string& name, std::ostream& err) {
  std::vector<std::string> names;
  for (const auto& source : config.sources) {
    if (source->name == name) return source;
    names.push_back(source->name);
  }
  err << "no source is called \"" << name << "\"";
  if (const std::string nearest = nearest_name(name, names); !nearest.empty())
    err << "; did you mean \"" << nearest << "\"?";
  err << "\n";
  return nullptr;
}

}  // namespace auditstream
