// Whether a vendor answers with the range that it was asked for. A filter that is not heard, or acts on another time than the
// printed one, leaves out events without a word. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/vendor.h"

namespace auditstream::core {

// Of a page: rows that even a filter that rounds to minutes, or to days if it takes days, has no reason to show.
struct RowsOutside {
  std::size_t dated = 0;           // rows with a readable time
  std::vector<std::uint64_t> ids;  // hash64 of those outside, in order
  Time example{};                  // the time of the first of them
};

RowsOutside rows_outside(const Page& page, const PageRequest& ask, const Traits& traits);

// "90 of 100 rows of a page lie outside the range that was asked for, FROM to TO; one is of TIME".
std::string words_of(const RowsOutside& rows, const PageRequest& ask);

// What the pages of a source have shown so far.
class FilterEvidence {
 public:
  // Why the page must not be taken: too many rows lie outside what was asked for, on it or, each counted once, on the pages up
  // to now. What such a filter leaves out would be lost. From then on nothing is taken until a page has rows, and none of them
  // outside.
  std::optional<Refusal> judge(const RowsOutside& rows, const PageRequest& ask, const Source& source);

 private:
  std::unordered_set<std::uint64_t> outside_;
  std::optional<Refusal> refusal_;
};

}  // namespace auditstream::core
