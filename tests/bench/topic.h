// Creating the topics that benchmarks write to.
#pragma once

#include <string>

namespace auditstream::bench {

// Like the topics that auditstream creates: no time retention. Throws std::runtime_error when it exists.
void create_topic(const std::string& bootstrap, const std::string& name, int partitions);

}  // namespace auditstream::bench
