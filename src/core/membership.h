// Membership: which partitions of the offsets topic this process should work on. Says who should; the fence
// of each partition says who can.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace auditstream::core {

// Ours from now on, beside those that we have; the group may have none for us.
struct PartitionsAssigned {
  std::vector<int> partitions;
};

// No longer ours. Unless they are `lost`, whoever gets them next waits until each has been released. If they
// are, they were all we had, and we are no member any more.
struct PartitionsRevoked {
  std::vector<int> partitions;
  bool lost = false;
};

using MembershipEvent = std::variant<PartitionsAssigned, PartitionsRevoked>;

}  // namespace auditstream::core
