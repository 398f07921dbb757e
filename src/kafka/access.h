// Access: what Kafka's ACLs have to allow, in the words of kafka-acls.sh. Pure; AccessProbe finds out what is
// missing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kafka/client.h"

namespace auditstream::kafka {

enum class Resource { topic, group, transactional_id };

// What an administrator grants in one command.
struct Access {
  std::vector<std::string_view> operations;  // as Kafka spells them: "Describe", "Write"
  Resource resource = Resource::topic;
  std::vector<std::string> names;
  bool prefixed = false;  // `names` are prefixes

  friend bool operator==(const Access&, const Access&) = default;
};

// Whether Kafka's answer is that an ACL is missing.
bool is_denial(rd_kafka_resp_err_t error);

Access topic_access(std::vector<std::string_view> operations, std::vector<std::string> topics);
// To join the group.
Access group_access(const std::string& group);
// To be the owner of a partition: each has a transactional.id of its own.
Access owner_access(const std::string& group, const std::string& offsets_topic);

// What the transactional.ids of a group begin with.
std::string transactional_id_prefix(const std::string& group, const std::string& offsets_topic);

// "kafka-acls.sh --add --allow-principal User:NAME --operation Write --topic audit.tines". The principal is
// known if SASL has a user name; otherwise it is a placeholder for the one that the broker derives from our
// certificate or token.
std::string command_to_grant(const Access& access, const Properties& properties);

// One sentence: what is denied to whom, and that command.
std::string denial(const Access& access, const Properties& properties);

}  // namespace auditstream::kafka
