// ConnectionFailure: why a broker can't be reached: from librdkafka's message to the config's terms. Pure.
#pragma once

#include <librdkafka/rdkafka.h>

#include <optional>
#include <string>

#include "auditstream/result.h"
#include "kafka/client.h"

namespace auditstream::kafka {

struct ConnectionFailure {
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string text;     // librdkafka's; "" if there was none
  int certificate = 0;  // OpenSSL's verdict on the broker's, an X509_V_ERR_*; 0 if it is good, or unknown
  std::optional<Error> no_token{};  // why the last token was not got
};

// What happened, and which property of `kafka:` to look at where one may be wrong.
Error explain(const ConnectionFailure& failure, const Properties& properties);

}  // namespace auditstream::kafka
