// ClientRelease: which librdkafka is loaded, and what it can't do. A newer one may be loaded than the program was built
// with.
#pragma once

#include <optional>
#include <string>

namespace auditstream::kafka {

// "2.0.2"
std::string client_release();

// Why Kafka 4 refuses this `sasl.mechanism` from the librdkafka that is loaded, with what helps.
std::optional<std::string> refused_by_kafka_4(const std::string& mechanism);

}  // namespace auditstream::kafka
