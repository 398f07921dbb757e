#include <iostream>

#include "cli/commands.h"
#include "kafka/client.h"
#include "run/clock.h"

namespace auditstream {

Loaded load_all(const std::string& path) {
  Loaded loaded = load_config(path, read_clock().wall);
  if (!loaded.config) return loaded;
  for (const std::string& name : kafka::refused_properties(loaded.config->kafka)) {
    // The value may be a secret.
    loaded.mistakes.push_back(
        Finding{path, 0, "kafka." + name,
                "librdkafka doesn't know this property, or not with this value: see its CONFIGURATION.md"});
  }
  if (!loaded.mistakes.empty()) loaded.config.reset();
  return loaded;
}

std::unique_ptr<Config> load_or_complain(const std::string& path) {
  Loaded loaded = load_all(path);
  for (const Finding& warning : loaded.warnings) std::cerr << "warning: " << warning.text() << "\n";
  for (const Finding& missing : loaded.missing_secrets) {
    std::cerr << "warning: " << missing.text() << "; the source fails until it can be read\n";
  }
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
