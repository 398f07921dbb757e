#include "fuzz/fields.h"

#include <algorithm>

namespace auditstream::fuzz {

std::string_view Fields::operator[](std::string_view name) const {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& field) { return field.first == name; });
  return found == list.end() ? std::string_view{} : std::string_view{found->second};
}

Fields fields_of(std::string_view input) {
  Fields fields;
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    if (line.empty()) break;
    const std::size_t colon = std::min(line.find(": "), line.size());
    fields.list.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 2, line.size())));
  }
  fields.rest = input;
  return fields;
}

}  // namespace auditstream::fuzz
