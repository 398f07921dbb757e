#include "cli/common.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/exit_code.h"
#include "config/nearest.h"
#include "kafka/client.h"
#include "oauth/method.h"
#include "runtime/clock.h"
#include "runtime/output.h"

namespace auditstream::cli {

namespace {

// Keeps the order of the lines; the main file comes first.
void insert(config::Finding mistake, std::vector<config::Finding>& mistakes) {
  const auto after = std::ranges::find_if(mistakes, [&](const config::Finding& other) {
    return other.file != mistake.file || other.line > mistake.line;
  });
  mistakes.insert(after, std::move(mistake));
}

std::map<std::string, std::string> values_of(const std::vector<config::KafkaProperty>& properties) {
  std::map<std::string, std::string> values;
  for (const config::KafkaProperty& property : properties) values[property.name] = property.value;
  return values;
}

// A property that is not there is missed where the mechanism is chosen.
int line_of(const std::string& name, const std::vector<config::KafkaProperty>& properties) {
  for (const std::string& wanted : {name, std::string("sasl.oauthbearer.method"),
                                    std::string("sasl.mechanism"), std::string("sasl.mechanisms")}) {
    const auto found = std::ranges::find(properties, wanted, &config::KafkaProperty::name);
    if (found != properties.end()) return found->line;
  }
  return 0;
}

}  // namespace

config::Loaded load_all(const std::string& path) {
  config::Loaded loaded = config::load_config(path, runtime::read_clock().wall);
  for (const config::KafkaProperty& property : loaded.kafka) {
    if (oauth::is_ours(property.name)) continue;
    const kafka::Taken taken = kafka::take_property(property.name, property.value);
    if (taken == kafka::Taken::yes) continue;
    // Without the value, which may be a secret.
    insert(
        {path, property.line, "kafka." + property.name,
         taken == kafka::Taken::bad_value ? "librdkafka doesn't take this value: see its CONFIGURATION.md"
                                          : "librdkafka has no such property" +
                                                config::did_you_mean(property.name, kafka::property_names())},
        loaded.mistakes);
  }
  for (oauth::Mistake& mistake : oauth::read_method(values_of(loaded.kafka)).mistakes) {
    insert({path, line_of(mistake.property, loaded.kafka), "kafka." + mistake.property,
            std::move(mistake.message)},
           loaded.mistakes);
  }
  if (!loaded.mistakes.empty()) loaded.config.reset();
  return loaded;
}

std::unique_ptr<config::Config> load_or_complain(const std::string& path) {
  config::Loaded loaded = load_all(path);
  for (const config::Finding& warning : loaded.warnings)
    runtime::err() << "warning: " << warning.text() << "\n";
  for (const config::Finding& missing : loaded.missing_secrets) {
    runtime::err() << "warning: " << missing.text() << "; the source fails until it can be read\n";
  }
  for (const config::Finding& mistake : loaded.mistakes) runtime::err() << mistake.text() << "\n";
  return std::move(loaded.config);
}

int complain(const Error& error) {
  runtime::err() << error.message << "\n";
  return exit_code(error);
}

Result<Time> parse_moment(const std::string& text, Time now) {
  if (text.starts_with("-")) {
    const Result<Duration> back = parse_duration(text.substr(1));
    if (!back.ok()) return Error{"\"" + text + "\": " + back.error().message};
    return now - *back;
  }
  return parse_rfc3339(text);
}

}  // namespace auditstream::cli
