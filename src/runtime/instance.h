// The name of this process in its group.
#pragma once

#include <string>

namespace auditstream::runtime {

// "HOST-PID"
std::string instance_name();

}  // namespace auditstream::runtime
