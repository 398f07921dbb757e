// Acls: what kafka-acls.sh does with a cluster's ACLs, told by the same command lines.
#pragma once

#include <string>

namespace auditstream::test {

// Does what this command says: "kafka-acls.sh --add --allow-principal User:NAME --operation Write --topic
// audit.tines". `bootstrap` is where an administrator comes in without a password. Returns when the broker
// acts by it. Throws std::runtime_error for a command that kafka-acls.sh would not take.
void grant(const std::string& bootstrap, const std::string& command);

// Takes back what that command grants.
void revoke(const std::string& bootstrap, const std::string& command);

}  // namespace auditstream::test
