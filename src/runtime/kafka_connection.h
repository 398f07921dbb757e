// The connection to Kafka that the config describes, with its source of tokens where it needs one.
#pragma once

#include <string>

#include "config/config.h"
#include "kafka/client.h"

namespace auditstream::runtime {

kafka::Connection kafka_connection(const config::Config& config, std::string client_id);

}  // namespace auditstream::runtime
