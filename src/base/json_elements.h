// The elements of an array in text that is not valid JSON: a broken element must not hide the others. Knows
// nothing of events.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auditstream::json {

// What was wrong in [begin, end): a string, something in place of a number or word, a part nested too deep,
// or a whole element.
struct Damage {
  std::size_t begin;
  std::size_t end;
  std::size_t at;  // the first wrong byte
  std::string reason;
};

struct Patched {
  std::string text;             // of the same length: all offsets stay valid
  std::vector<Damage> damages;  // in the order of the text
};

// The text with damaged parts of the elements replaced by valid JSON. `begin` is just after the array's
// bracket, at which `depth` brackets are open. Nothing if it is unclear where an element ends, because a
// quote or a bracket is wrong or the text is cut; or if there is too much damage to report. Errors outside
// the elements remain.
std::optional<Patched> patch_elements(std::string_view text, std::size_t begin, std::size_t depth);

}  // namespace auditstream::json
