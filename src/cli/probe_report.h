// What `probe` has found, for people and for programs.
#pragma once

#include "auditstream/json_writer.h"
#include "auditstream/model.h"
#include "probe/survey.h"

namespace auditstream::cli {

void print(const Source& source, const probe::Report& report);
json::Value json_of(const Source& source, const probe::Report& report);

}  // namespace auditstream::cli
