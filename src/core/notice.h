// Notice: something that a person should know about a source or a partition.
#pragma once

#include <string>

namespace auditstream::core {

enum class Level { debug, info, warn, error };

// `code` is stable, for metrics and tests.
struct Notice {
  Level level;
  std::string code;
  std::string text;
  // The window being read, "FROM/TO", without TO if it is live; "" if there is none.
  std::string window{};
  std::string request_id{};  // the vendor's, for its support; "" where it gave none
};

}  // namespace auditstream::core
