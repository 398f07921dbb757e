// librdkafka 2.0.2 has no name for a transactional.id in an ACL, so the requests are written out here.
#include "support/kafka/acls.h"

#include <cstdint>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "support/kafka/protocol.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using Message = ProtocolMessage;

// The numbers of Kafka's protocol: ApiKeys, ResourceType, PatternType, AclOperation, AclPermissionType.
constexpr std::int16_t describe_acls = 29, create_acls = 30, delete_acls = 31;
constexpr std::int16_t version = 1;
constexpr std::int8_t literal = 3, prefixed = 4, allow = 3;
const std::map<std::string, std::int8_t> resources{{"--topic", 2}, {"--group", 3}, {"--transactional-id", 5}};
const std::map<std::string, std::int8_t> operations{
    {"Read", 3}, {"Write", 4}, {"Create", 5}, {"Describe", 8}, {"DescribeConfigs", 10}};

struct Acl {
  std::int8_t resource = 0;
  std::string name;
  std::int8_t pattern = literal;
  std::string principal;
  std::int8_t operation = 0;
};

std::vector<Acl> acls_of(const std::string& command) {
  const auto refuse = [&](const std::string& why) { throw std::runtime_error(why + ": " + command); };
  std::istringstream words(command);
  const auto next = [&] {
    std::string word;
    if (!(words >> word)) refuse("a word is missing");
    return word;
  };
  if (next() != "kafka-acls.sh" || next() != "--add") refuse("not kafka-acls.sh --add");
  Acl common;
  std::vector<std::int8_t> what;
  std::vector<std::pair<std::int8_t, std::string>> on;
  for (std::string option; words >> option;) {
    const std::string value = next();
    if (option == "--allow-principal" && value.starts_with("User:")) {
      common.principal = value;
    } else if (option == "--operation" && operations.contains(value)) {
      what.push_back(operations.at(value));
    } else if (resources.contains(option)) {
      on.emplace_back(resources.at(option), value);
    } else if (option == "--resource-pattern-type" && value == "prefixed") {
      common.pattern = prefixed;
    } else {
      refuse("no such option: " + option + " " + value);
    }
  }
  if (common.principal.empty() || what.empty() || on.empty()) refuse("incomplete");
  std::vector<Acl> acls;
  for (const std::int8_t operation : what) {
    for (const auto& [resource, name] : on)
      acls.push_back(Acl{resource, name, common.pattern, common.principal, operation});
  }
  return acls;
}

Message message_of(const Acl& acl) {
  return Message()
      .put(acl.resource)
      .put(acl.name)
      .put(acl.pattern)
      .put(acl.principal)
      .put(std::string("*"))
      .put(acl.operation)
      .put(allow);
}

// A broker acts by an ACL some moments after the controller has it.
bool acts_by(ProtocolConnection& connection, const Acl& acl) {
  const std::string answer = connection.ask(describe_acls, version, message_of(acl));
  constexpr std::size_t throttle_error_and_message = 4 + 2 + 2;
  return ProtocolConnection::number(answer, throttle_error_and_message) > 0;
}

void change(const std::string& bootstrap, const std::string& command, std::int16_t api) {
  ProtocolConnection connection(bootstrap);
  for (const Acl& acl : acls_of(command)) {
    connection.ask(api, version, Message().put(std::int32_t{1}).put(message_of(acl)));
    until(command, std::chrono::seconds(10),
          [&] { return acts_by(connection, acl) == (api == create_acls); });
  }
}

}  // namespace

void grant(const std::string& bootstrap, const std::string& command) {
  change(bootstrap, command, create_acls);
}

void revoke(const std::string& bootstrap, const std::string& command) {
  change(bootstrap, command, delete_acls);
}

}  // namespace auditstream::test
