// Whether a vendor answers with the range that it was asked for. A filter that is not heard, or acts on another time than the
// printed one, leaves out events without a word. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "auditstream/model.h"
#include "auditstream/vendor.h"

namespace auditstream::core {

// Of a page: rows that even a filter that rounds to minutes, or to days if it takes days, has no reason to show.
struct RowsOutside {
  std::size_t dated = 0;    // rows with a readable time
  std::size_t outside = 0;  // of these
  Time example{};           // the time of one of them, if there is one
};

RowsOutside rows_outside(const Page& page, const PageRequest& ask, const Traits& traits);

// "90 of 100 rows of a page lie outside the range that was asked for, FROM to TO; one is of TIME".
std::string words_of(const RowsOutside& rows, const PageRequest& ask);

// If it is most of the page: the filter does not act on the printed time, and what it leaves out would be lost.
std::optional<Refusal> refuse_if_mostly_outside(const RowsOutside& rows, const PageRequest& ask,
                                                const Source& source);

}  // namespace auditstream::core
