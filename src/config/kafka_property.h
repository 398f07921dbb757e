// What `kafka:` may hold beside what librdkafka itself checks.
#pragma once

#include <string_view>

namespace auditstream::config {

// Why the property must not be set, with the remedy; "" where it may.
std::string_view forbidden_because(std::string_view property);

// A property whose value is a secret by itself and belongs into ${env:} or ${file:}.
bool is_secret_property(std::string_view property);

}  // namespace auditstream::config
