// Membership: which partitions of the offsets topic this process should work on. Says who should; the fence
// of each partition says who can.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace auditstream::core {

// Assigned to us in addition to those that we have. May be empty.
struct PartitionsAssigned {
  std::vector<int> partitions;
};

// No longer ours. Their next owners wait until each has been released, unless they are `lost`: then they were
// all we had, and we are no longer a member.
struct PartitionsRevoked {
  std::vector<int> partitions;
  bool lost = false;
};

using MembershipEvent = std::variant<PartitionsAssigned, PartitionsRevoked>;

}  // namespace auditstream::core
