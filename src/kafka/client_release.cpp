#include "kafka/client_release.h"

#include <librdkafka/rdkafka.h>

namespace auditstream::kafka {
namespace {

// Kafka 4.0 compares the SCRAM nonce strictly again, and until 2.6.1 librdkafka doubles its own half of it
// (confluentinc/librdkafka#4895): Kafka 4 refuses such a client whatever the password is.
constexpr int first_with_right_nonce = 0x020601ff;

}  // namespace

std::string client_release() { return rd_kafka_version_str(); }

std::optional<std::string> refused_by_kafka_4(const std::string& mechanism) {
  if (!mechanism.starts_with("SCRAM") || rd_kafka_version() >= first_with_right_nonce) return std::nullopt;
  return "Kafka 4 refuses SCRAM from librdkafka before 2.6.1 (this is " + client_release() +
         ") whatever the password is: there, set kafka.sasl.mechanism: PLAIN, or use a newer librdkafka (Debian 13 "
         "has 2.8.0)";
}

}  // namespace auditstream::kafka
