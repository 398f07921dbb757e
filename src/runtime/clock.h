// The one place where the program reads the time.
#pragma once

#include "auditstream/time.h"

namespace auditstream::runtime {

Now read_clock();

}  // namespace auditstream::runtime
