#include <iostream>

#include "cli/commands.h"
#include "run/clock.h"

namespace auditstream {

std::unique_ptr<Config> load_or_complain(const std::string& path) {
  Loaded loaded = load_config(path, read_clock().wall);
  for (const Finding& warning : loaded.warnings) std::cerr << "warning: " << warning.text() << "\n";
  for (const Finding& mistake : loaded.mistakes) std::cerr << mistake.text() << "\n";
  return std::move(loaded.config);
}

Result<Time> parse_moment(const std::string& text, Time now) {
  if (text.starts_with("-")) {
    const Result<Duration> back = parse_duration(text.substr(1));
    if (!back.ok()) return Error{"\"" + text + "\": " + back.error().message};
    return now - *back;
  }
  return parse_rfc3339(text);
}

}  // namespace auditstream
