// How numbers, times and rows are spelled in a fact.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"
#include "probe/rows.h"

namespace auditstream::probe {

// "1 row", "1,204 rows"
std::string counted(std::uint64_t number, std::string_view noun);
// "id 17 of 2026-11-20T10:00:00Z, for example"
std::string example_of(const std::vector<Row>& rows);
// Why a reading has no answer.
std::string why_not(const Answered& answered);
std::string words_of(const Refusal& refusal);

}  // namespace auditstream::probe
