// AccessProbe: finds out what Kafka would deny us, without changing anything there.
#pragma once

#include <string>
#include <vector>

#include "kafka/access.h"
#include "kafka/client.h"

namespace auditstream::kafka {

// All of these report only what is certainly denied: without an answer from Kafka, nothing is.

// To see these topics. Without that right, a topic looks as if it did not exist.
std::vector<std::string> invisible(const Connection& connection, const std::vector<std::string>& topics);

// These topics don't exist (any more), as far as they can be seen.
std::vector<std::string> missing(const Connection& connection, const std::vector<std::string>& topics);

// To write to these topics, which can be seen.
std::vector<std::string> unwritable(const Connection& connection, const std::vector<std::string>& topics);

// To write to these topics, seen or not.
std::vector<Access> writing_denied(const Connection& connection, const std::vector<std::string>& topics);

// To be a member of the group, and to read the offsets topic, which exists.
std::vector<Access> membership_denied(const Connection& connection, const std::string& group,
                                      const std::string& offsets_topic);

// To own partitions of the offsets topic.
bool ownership_denied(const Connection& connection, const std::string& group,
                      const std::string& offsets_topic);

}  // namespace auditstream::kafka
