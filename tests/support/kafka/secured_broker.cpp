#include "support/kafka/secured_broker.h"

#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <stdexcept>

#include "paths.h"

namespace auditstream::test {
namespace {

// A release may have to be fetched first.
constexpr auto script_patience = std::chrono::minutes(5);

Finished script(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), PROJECT_DIR "/script/kafka");
  return run_to_end(arguments, {}, script_patience);
}

}  // namespace

const SecuredBroker& SecuredBroker::shared() {
  static const SecuredBroker broker({});
  return broker;
}

bool SecuredBroker::takes_scram() { return rd_kafka_version() >= 0x020601ff; }

SecuredBroker::SecuredBroker(const Options& options) {
  std::vector<std::string> arguments{"start", directory_.path(), "--secure", "--owner",
                                     std::to_string(getpid())};
  if (!options.release.empty()) arguments.insert(arguments.end(), {"--release", options.release});
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), options.properties.begin(), options.properties.end());
  const Finished started = script(arguments);
  if (started.status != 0) throw std::runtime_error("script/kafka fails:\n" + started.err);
  const auto line = [&](const char* file) { return lines_of(read_file(directory_.path() / file)).at(0); };
  bootstrap_ = line("bootstrap");
  secured_ = line("secured");
  password_ = line("password");
}

SecuredBroker::~SecuredBroker() { script({"stop", directory_.path(), "--kill"}); }

std::map<std::string, std::string> SecuredBroker::client() const {
  return {{"bootstrap.servers", secured_}, {"security.protocol", "SASL_SSL"}, {"ssl.ca.location", ca_file()},
          {"sasl.mechanism", "PLAIN"},     {"sasl.username", "auditstream"},  {"sasl.password", password_}};
}

}  // namespace auditstream::test
