// Looks for another time in the rows than the one that is taken. Pure.
#pragma once

#include <string>
#include <vector>

#include "probe/rows.h"

namespace auditstream::probe {

// The JSON pointer to a time, other than the one that was taken, that all rows have and that lies in [from, to];
// "" if there is none.
std::string time_that_lies_within(Time from, Time to, const std::vector<Row>& rows);

}  // namespace auditstream::probe
