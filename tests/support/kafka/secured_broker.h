// SecuredBroker: a real Kafka that lets its users in through TLS and SASL only, and asks ACLs what they may
// do.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/child.h"

namespace auditstream::test {

class SecuredBroker {
 public:
  // One for all tests of a process, each with names of its own. Ends with the process.
  static const SecuredBroker& shared();

  // Whether a broker of the release that all tests have takes SCRAM of the librdkafka that is loaded: Kafka 4 takes it
  // from 2.6.1 on.
  static bool takes_scram();

  struct Options {
    std::string release{};                  // a version of Kafka, "" the one that all tests have
    std::vector<std::string> properties{};  // of the broker, "name=value"
  };
  explicit SecuredBroker(const Options& options);
  ~SecuredBroker();
  SecuredBroker(const SecuredBroker&) = delete;
  SecuredBroker& operator=(const SecuredBroker&) = delete;

  // Where administrators come in without being asked: for what a test does itself.
  const std::string& bootstrap() const { return bootstrap_; }

  // What a user needs who may do what ACLs allow User:auditstream.
  const std::string& secured() const { return secured_; }
  const std::string& password() const { return password_; }
  std::filesystem::path ca_file() const { return directory_.path() / "ca.pem"; }
  // Of whoever gives tokens that it takes.
  std::filesystem::path token_key() const { return directory_.path() / "token.key"; }
  // All of it, as librdkafka's properties.
  std::map<std::string, std::string> client() const;

 private:
  TemporaryDirectory directory_;
  std::string bootstrap_;
  std::string secured_;
  std::string password_;
};

}  // namespace auditstream::test
