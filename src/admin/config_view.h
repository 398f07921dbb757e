// ConfigView: whether an instance runs with the config as it stands in the file. A value.
#pragma once

#include <optional>
#include <string>

#include "auditstream/time.h"

namespace auditstream::admin {

struct ConfigView {
  std::optional<Time> refused_at{};  // when it was last read again, if it has a mistake since
  std::string error{};               // the first mistake
};

}  // namespace auditstream::admin
