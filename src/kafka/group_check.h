// GroupCheck: whether an instance fits into the group that it is about to join: all members must be instances
// of auditstream, and must agree on some settings. Knows nothing of who owns what.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/result.h"
#include "auditstream/time.h"
#include "config/config.h"
#include "core/offsets_view.h"
#include "kafka/client.h"

namespace auditstream::kafka {

// What each instance writes into the owner record of every partition that it opens.
core::GroupTerms terms_of(const config::Config& config);

// The client.id of its membership, by which an instance is known in the group.
std::string client_id_of(std::string_view instance);

struct GroupMember {
  std::string member_id;
  std::string client_id;
  std::string host;
  std::set<std::string> topics{};  // subscribed; none in the middle of a rebalance

  // Brokers begin a member's id with its group.instance.id, or else with its client.id.
  bool has_instance_id(std::string_view id) const;
};

// The topics of a member that subscribes by Kafka's consumer protocol: int16 version, then an array of
// strings, in network byte order. Of anything else, as many names as can be read.
std::set<std::string> subscribed_topics(std::string_view metadata);

struct GroupView {
  std::string protocol_type;         // "consumer" for a group of consumers; "" if nobody has used it
  std::vector<GroupMember> members;  // including dead ones whose session has not timed out
};

// The members of the group.
Result<GroupView> look_at_group(const Connection& connection, const std::string& group, Duration timeout);

// What keeps an instance with this config out of the group: one sentence with the remedy. `offsets` is the
// content of the offsets topic. A member with our own group.instance.id is left out: it makes room for us.
std::optional<std::string> group_mistake(const config::Config& config, const GroupView& group,
                                         const core::OffsetsView& offsets);

struct GroupVerdict {
  std::optional<std::string> mistake;
  std::optional<std::string> warning;  // the group can't be looked at
};

// group_mistake() on the cluster. Repeats until nothing stands in the way, at most for `patience`: a member
// may just have died.
GroupVerdict check_group(const Connection& connection, const config::Config& config,
                         const core::OffsetsView& offsets, Duration patience);

// After this time a dead member is no longer in the group.
Duration dead_member_patience(const config::Config& config);

}  // namespace auditstream::kafka
