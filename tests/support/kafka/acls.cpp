// librdkafka 2.0.2 has no name for a transactional.id in an ACL, so the requests are written out here.
#include "support/kafka/acls.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "support/until.h"

namespace auditstream::test {
namespace {

// The numbers of Kafka's protocol: ApiKeys, ResourceType, PatternType, AclOperation, AclPermissionType.
constexpr std::int16_t describe_acls = 29, create_acls = 30, delete_acls = 31;
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

// Version 1 of all three requests has neither compact strings nor tagged fields.
class Message {
 public:
  Message& put(std::int8_t value) {
    bytes_ += static_cast<char>(value);
    return *this;
  }
  Message& put(std::int16_t value) {
    return put(static_cast<std::int8_t>(value >> 8)).put(static_cast<std::int8_t>(value));
  }
  Message& put(std::int32_t value) {
    return put(static_cast<std::int16_t>(value >> 16)).put(static_cast<std::int16_t>(value));
  }
  Message& put(const std::string& text) {
    put(static_cast<std::int16_t>(text.size()));
    bytes_ += text;
    return *this;
  }
  Message& put(const Acl& acl) {
    put(acl.resource).put(acl.name).put(acl.pattern).put(acl.principal).put(std::string("*"));
    return put(acl.operation).put(allow);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class Connection {
 public:
  explicit Connection(const std::string& bootstrap) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    const std::size_t colon = bootstrap.find(':');
    inet_pton(AF_INET, bootstrap.substr(0, colon).c_str(), &address.sin_addr);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(bootstrap.substr(colon + 1))));
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("no broker at " + bootstrap);
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The answer without its length and correlation id.
  std::string ask(std::int16_t api, const Message& body) {
    Message request;
    request.put(api).put(std::int16_t{1}).put(std::int32_t{0}).put(std::string("tests"));
    const std::string bytes = request.bytes() + body.bytes();
    const std::string framed = Message().put(static_cast<std::int32_t>(bytes.size())).bytes() + bytes;
    if (send(socket_, framed.data(), framed.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(framed.size()))
      throw std::runtime_error("the broker does not listen");
    return receive(number(receive(4), 0)).substr(4);
  }

  static std::size_t number(const std::string& bytes, std::size_t at) {
    std::size_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes.at(i));
    return value;
  }

 private:
  std::string receive(std::size_t size) const {
    std::string bytes(size, '\0');
    if (recv(socket_, bytes.data(), size, MSG_WAITALL) != static_cast<ssize_t>(size))
      throw std::runtime_error("the broker does not answer");
    return bytes;
  }

  const int socket_;
};

// A broker acts by an ACL some moments after the controller has it.
bool acts_by(Connection& connection, const Acl& acl) {
  const std::string answer = connection.ask(describe_acls, Message().put(acl));
  constexpr std::size_t throttle_error_and_message = 4 + 2 + 2;
  return Connection::number(answer, throttle_error_and_message) > 0;
}

void change(const std::string& bootstrap, const std::string& command, std::int16_t api) {
  Connection connection(bootstrap);
  for (const Acl& acl : acls_of(command)) {
    connection.ask(api, Message().put(std::int32_t{1}).put(acl));
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
