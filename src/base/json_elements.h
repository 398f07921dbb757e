// The elements of an array in text that is no valid JSON: one that is broken must not hide the others. Knows
// nothing of events.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auditstream::json {

// What was wrong in [begin, end): a string, what stands for a number or a word, what is nested too deep, or a
// whole element.
struct Damage {
  std::size_t begin;
  std::size_t end;
  std::size_t at;  // the first wrong byte
  std::string reason;
};

struct Patched {
  std::string text;             // of the same length: all offsets stay
  std::vector<Damage> damages;  // in their order
};

// The text with what is damaged in the elements replaced by something that is not. `begin` stands behind the
// array's bracket, which is the depth-th that is open. Nothing where it is in doubt where an element ends:
// where a quote or a bracket is amiss, or the text is cut; nor where more is damaged than anybody wants to
// hear of. What is wrong outside of the elements stays wrong.
std::optional<Patched> patch_elements(std::string_view text, std::size_t begin, std::size_t depth);

}  // namespace auditstream::json
