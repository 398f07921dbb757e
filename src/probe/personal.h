// Mail and IP addresses in any text. Pure; takes time in proportion to the text's length, whatever it holds.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace auditstream::probe {

struct Personal {
  enum class Kind { mail, ipv4, ipv6 };
  Kind kind;
  std::size_t at;
  std::size_t size;
};

// In order, none within another.
std::vector<Personal> find_personal(std::string_view text);

}  // namespace auditstream::probe
