#include "kafka/access.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace auditstream::kafka {
namespace {

std::string_view option(Resource resource) {
  switch (resource) {
    case Resource::topic:
      return "--topic";
    case Resource::group:
      return "--group";
    case Resource::transactional_id:
      return "--transactional-id";
  }
  return "";
}

std::string_view noun(Resource resource) {
  switch (resource) {
    case Resource::topic:
      return "topic";
    case Resource::group:
      return "group";
    case Resource::transactional_id:
      return "transactional.id";
  }
  return "";
}

template <class Texts>
std::string list(const Texts& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : ", ") + std::string(text);
  return all;
}

// Quoted so that a shell takes it as one word.
std::string word(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("._-:=,@/+").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, plain)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string principal(const Properties& properties) {
  const auto user = properties.find("sasl.username");
  return "User:" + (user == properties.end() || user->second.empty() ? "PRINCIPAL" : user->second);
}

}  // namespace

bool is_denial(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

Access topic_access(std::vector<std::string_view> operations, std::vector<std::string> topics) {
  return {std::move(operations), Resource::topic, std::move(topics), false};
}

Access group_access(const std::string& group) { return {{"Read"}, Resource::group, {group}, false}; }

Access owner_access(const std::string& group, const std::string& offsets_topic) {
  return {{"Describe", "Write"},
          Resource::transactional_id,
          {transactional_id_prefix(group, offsets_topic)},
          true};
}

std::string transactional_id_prefix(const std::string& group, const std::string& offsets_topic) {
  return group + "-" + offsets_topic + "-";
}

std::string command_to_grant(const Access& access, const Properties& properties) {
  std::string command = "kafka-acls.sh --add --allow-principal " + word(principal(properties));
  for (const std::string_view operation : access.operations)
    command += " --operation " + std::string(operation);
  for (const std::string& name : access.names)
    command += " " + std::string(option(access.resource)) + " " + word(name);
  return command + (access.prefixed ? " --resource-pattern-type prefixed" : "");
}

std::string denial(const Access& access, const Properties& properties) {
  return "Kafka denies " + principal(properties) + " " + list(access.operations) + " on " +
         std::string(noun(access.resource)) + " " + list(access.names) + (access.prefixed ? "*" : "") +
         ": add the ACL with " + command_to_grant(access, properties);
}

}  // namespace auditstream::kafka
