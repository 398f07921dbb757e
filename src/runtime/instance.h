// The name of this process among the instances of its group.
#pragma once

#include <string>

namespace auditstream::runtime {

// "HOST-PID"
std::string instance_name();

}  // namespace auditstream::runtime
