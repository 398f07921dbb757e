// Reads secrets when they are used: files may have been rotated since the config was loaded.
#pragma once

#include "auditstream/model.h"
#include "auditstream/result.h"

namespace auditstream::config {

// Every secret of the source, its ${env:} and ${file:} resolved; or which one can't be read and why (never its
// value).
Result<Secrets> read_secrets(const Source& source);

}  // namespace auditstream::config
