// The rules of org.apache.kafka.common.internals.Topic.
#include "config/topic_name.h"

#include <algorithm>

#include "config/findings.h"

namespace auditstream::config {

Status check_topic(std::string_view name) {
  constexpr std::size_t length_max = 249;
  if (name.empty()) return Error{"is empty"};
  if (name == "." || name == "..") return Error{in_quotes(name) + " is not a topic name"};
  if (name == "__consumer_offsets" || name == "__transaction_state") {
    return Error{in_quotes(name) + " is a topic of Kafka's own"};
  }
  const auto legal = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (!std::all_of(name.begin(), name.end(), legal)) {
    return Error{in_quotes(name) + " is not a topic name: only letters, digits, \".\", \"_\" and \"-\" are"};
  }
  if (name.size() > length_max) return Error{in_quotes(name) + " is longer than Kafka's 249 characters"};
  return success();
}

Result<std::string> fill_topic(std::string_view pattern, std::string_view vendor, std::string_view source) {
  std::string name;
  for (std::string_view rest = pattern; !rest.empty();) {
    const std::size_t open = rest.find('{');
    name += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = rest.find('}', open);
    if (close == std::string_view::npos) return Error{in_quotes(pattern) + " has a \"{\" without \"}\""};
    const std::string_view placeholder = rest.substr(open + 1, close - open - 1);
    if (placeholder == "vendor") {
      name += vendor;
    } else if (placeholder == "source") {
      name += source;
    } else {
      return Error{"{" + std::string(placeholder) + "} is not one of {vendor}, {source}"};
    }
    rest.remove_prefix(close + 1);
  }
  const Status legal = check_topic(name);
  if (!legal.ok()) return legal.error();
  return name;
}

}  // namespace auditstream::config
