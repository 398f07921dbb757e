// Names and aliases from librdkafka's CONFIGURATION.md.
#include "config/kafka_property.h"

#include <array>
#include <utility>

namespace auditstream::config {

std::string_view forbidden_because(std::string_view property) {
  static constexpr std::string_view exactly_once =
      "must not be set: it would break the exactly-once guarantee; delete this line";
  static constexpr std::string_view cursors =
      "must not be set: positions live in the offsets topic, not in a consumer group; delete this line";
  static constexpr std::string_view named_elsewhere =
      "must not be set: delete this line and set \"group\" at the top";
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> forbidden{{
      {"transactional.id", exactly_once},
      {"acks", exactly_once},
      {"request.required.acks", exactly_once},
      {"enable.idempotence", exactly_once},
      {"isolation.level", exactly_once},
      {"enable.auto.commit", cursors},
      {"auto.commit.enable", cursors},
      {"group.id", named_elsewhere},
  }};
  for (const auto& [name, why] : forbidden) {
    if (name == property) return why;
  }
  return {};
}

bool is_secret_property(std::string_view property) {
  return property.ends_with(".password") || property.ends_with(".secret") || property == "ssl.key.pem";
}

}  // namespace auditstream::config
