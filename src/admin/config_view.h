// ConfigView: whether an instance runs with the config that is in the file now. A value.
#pragma once

#include <optional>
#include <string>

#include "auditstream/time.h"

namespace auditstream::admin {

struct ConfigView {
  std::optional<Time> refused_at{};  // when it was last read, if it has had a mistake since
  std::string error{};               // the first mistake
};

}  // namespace auditstream::admin
