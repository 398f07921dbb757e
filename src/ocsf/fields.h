// Reads what a mapping asks for from one event, in one pass over its text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/result.h"

namespace auditstream::ocsf {

// The value at a JSON pointer.
struct Field {
  // A scalar, as json::scalar_at() gives it. Nothing if it is absent, null, an object or an array.
  std::optional<std::string> text;
  std::vector<std::string> items;  // of an array: its texts
};

// The set of pointers that are read together. A slot is a pointer's place in it.
class Pointers {
 public:
  // How many of them fit.
  static constexpr std::size_t count_max = 32;

  // The slot of the pointer, which must be valid and no more than count_max.
  int slot(std::string_view pointer);
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::vector<std::string> all_;
};

// The fields by slot, or why the line is no JSON object.
Result<std::vector<Field>> read_fields(std::string_view line, const Pointers& pointers);

}  // namespace auditstream::ocsf
