// Kafka topic names with {vendor} and {source} in them.
#pragma once

#include <string>
#include <string_view>

#include "auditstream/result.h"

namespace auditstream::config {

// The pattern with its placeholders filled in, if Kafka allows that name and it is not one of Kafka's own.
Result<std::string> fill_topic(std::string_view pattern, std::string_view vendor, std::string_view source);

// A name without placeholders.
Status check_topic(std::string_view name);

}  // namespace auditstream::config
