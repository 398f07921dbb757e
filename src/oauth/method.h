// Method: how tokens for Kafka are got, from the properties under `kafka:`. librdkafka 2.0.2 as Debian 12 builds
// it can't get them itself, so with every release of librdkafka auditstream does it, and hands them over.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace auditstream::oauth {

// OIDC, client credentials (RFC 6749, 4.4).
struct Oidc {
  std::string endpoint;  // the URL that gives tokens
  std::string client_id;
  std::string client_secret;
  std::string scope;                                            // "" for none
  std::vector<std::pair<std::string, std::string>> extensions;  // sent to the broker beside the token
  std::string principal_claim = "sub";
  std::string ca_file;  // "" for the system's
};

// Amazon MSK with IAM access control.
struct MskIam {
  std::string region;  // "" if the environment has to tell it
};

using Method = std::variant<std::monostate, Oidc, MskIam>;  // first: librdkafka needs no token of ours

// Of one property.
struct Mistake {
  std::string property;  // without "kafka."
  std::string message;
};

struct Reading {
  Method method;
  std::map<std::string, std::string> librdkafka;  // the properties that are left for it
  std::vector<Mistake> mistakes;                  // with any of them, the rest is not to be used
};

// Reads `kafka:`. Values may be secrets; no message has one.
Reading read_method(const std::map<std::string, std::string>& kafka);

// Whether the property is read here, so that it does not matter whether librdkafka knows it.
bool is_ours(std::string_view property);

}  // namespace auditstream::oauth
