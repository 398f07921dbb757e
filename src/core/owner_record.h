// OwnerRecord: what each opening of a partition of the offsets topic leaves in it, under owner_key.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "auditstream/time.h"

namespace auditstream::core {

inline constexpr std::string_view owner_key = "__owner";

// The settings that all instances of a group must have in common, by name, as they stand in the config.
using GroupTerms = std::map<std::string, std::string>;

struct OwnerRecord {
  std::string instance;  // who has opened it
  std::string nonce;     // a new one for each opening
  Time time;             // when, by the opener's clock
  GroupTerms config{};   // the opener's; none from a tool
};

std::string encode_owner(const OwnerRecord& owner);
// Nothing if it is no JSON object. A member that is missing or wrong is empty.
std::optional<OwnerRecord> decode_owner(std::string_view text);

}  // namespace auditstream::core
