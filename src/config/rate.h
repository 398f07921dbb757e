// Rates as people write them: "1000/min", "10/s", "1500/h", "1000/6s".
#pragma once

#include <string>
#include <string_view>

#include "auditstream/model.h"

namespace auditstream::config {

Result<RateSpec> parse_rate(std::string_view text);
std::string format_rate(const RateSpec& rate);

}  // namespace auditstream::config
