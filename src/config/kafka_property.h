// What is allowed under `kafka:`, in addition to librdkafka's own checks.
#pragma once

#include <string_view>

namespace auditstream::config {

// Why the property must not be set, with the remedy; "" if it may be set.
std::string_view forbidden_because(std::string_view property);

// A property whose value is itself a secret, so should be given by ${env:} or ${file:}.
bool is_secret_property(std::string_view property);

}  // namespace auditstream::config
