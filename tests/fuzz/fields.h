// An input that a person can read: "name: value" lines, an empty line, and the rest.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditstream::fuzz {

struct Fields {
  std::vector<std::pair<std::string, std::string>> list;  // in the order of the input
  std::string_view rest;                                  // points into the input

  // The first of that name, or "".
  std::string_view operator[](std::string_view name) const;
};

// Any input has some meaning: a line without a colon is a name without a value.
Fields fields_of(std::string_view input);

}  // namespace auditstream::fuzz
