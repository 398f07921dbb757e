#pragma once

#include "auditstream/model.h"
#include "base/hash.h"

namespace auditstream::core {

// The partition of the offsets topic to which the source's cursor belongs.
inline int home_partition(const Source& source, int partitions) {
  return murmur2_partition(source.account, partitions);
}

}  // namespace auditstream::core
