// The one place where the program reads the time.
#pragma once

#include "auditstream/time.h"

namespace auditstream {

Now read_clock();

}  // namespace auditstream
