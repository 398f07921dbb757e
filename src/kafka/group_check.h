// GroupCheck: whether an instance fits into the group that it is about to join: only instances of auditstream
// are in it, and all of them have the same in their config where they must. Knows nothing of who owns what.
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

// What each instance tells in the owner record of every partition that it opens.
core::GroupTerms terms_of(const config::Config& config);

// By the client.id of its membership an instance is known in the group.
std::string client_id_of(std::string_view instance);

struct GroupMember {
  std::string member_id;
  std::string client_id;
  std::string host;
  std::set<std::string> topics{};  // that it reads; none in the middle of a rebalance

  // Brokers begin a member's id with its group.instance.id, or else with its client.id.
  bool has_instance_id(std::string_view id) const;
};

// The topics of a member that subscribes by Kafka's consumer protocol: int16 version, then an array of
// strings, in network byte order. What is no such thing names as many as can be read.
std::set<std::string> subscribed_topics(std::string_view metadata);

struct GroupView {
  std::string protocol_type;         // "consumer" for a group of consumers; "" for nobody's
  std::vector<GroupMember> members;  // the dead included whose session has not timed out
};

// Who is in the group.
Result<GroupView> look_at_group(const Connection& connection, const std::string& group, Duration timeout);

// What keeps an instance with this config out of the group: one sentence with the remedy. `offsets` is what
// the offsets topic says. Whoever has our own group.instance.id is left out: it makes room for us.
std::optional<std::string> group_mistake(const config::Config& config, const GroupView& group,
                                         const core::OffsetsView& offsets);

struct GroupVerdict {
  std::optional<std::string> mistake;
  std::optional<std::string> warning;  // the group can't be looked at
};

// group_mistake() on the cluster. Asks again for so long until nothing stands in the way: a member may have
// died just now.
GroupVerdict check_group(const Connection& connection, const config::Config& config,
                         const core::OffsetsView& offsets, Duration patience);

// After so long a member that has died is no longer in the group.
Duration dead_member_patience(const config::Config& config);

}  // namespace auditstream::kafka
