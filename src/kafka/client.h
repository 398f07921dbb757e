// Makes librdkafka handles: the user's properties first, then what the guarantees need.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auditstream/result.h"
#include "auditstream/time.h"
#include "kafka/handles.h"
#include "kafka/token_refresh.h"

namespace auditstream::kafka {

using Properties = std::map<std::string, std::string>;

// What every handle of this process shares.
struct Connection {
  Properties properties;  // of `kafka:` of the config, what is librdkafka's; may hold secrets
  std::string client_id;
  std::shared_ptr<const TokenSource> tokens{};  // null if librdkafka needs none
};

// A handle's callbacks. On the thread that polls it unless said otherwise; the last argument is `opaque`.
struct Callbacks {
  void* opaque = nullptr;
  void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr;
  void (*rebalanced)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*) = nullptr;
  // These two are called on librdkafka's own threads, with `listener` as the last argument, until the handle
  // is destroyed. For each request, before any retry: no error means that there was a response, whatever it
  // says.
  rd_kafka_interceptor_f_on_response_received_t* answered = nullptr;
  // A request is sent.
  rd_kafka_interceptor_f_on_request_sent_t* sent = nullptr;
  void* listener = nullptr;
};

// A handle of this type. `ours` overrides the user's properties, and these override `defaults`. Properties
// that don't apply to the type are ignored. Takes ownership of the topic defaults.
Result<ClientHandle> make_client(rd_kafka_type_t type, const Connection& connection, const Properties& ours,
                                 const Properties& defaults, const Callbacks& callbacks = {},
                                 rd_kafka_topic_conf_t* topic_defaults = nullptr);

// Whether librdkafka accepts a property, judged by itself.
enum class Taken { yes, unknown, bad_value };
Taken take_property(const std::string& name, const std::string& value);

// Of all properties that librdkafka knows.
std::vector<std::string> property_names();

// Which broker can't be reached and why ("127.0.0.1:9092/bootstrap: Connect to ... failed: Connection
// refused"), and what helps; nothing if there was no such error. Polls the handle, which must be the last one
// made by the calling thread.
std::optional<Error> last_broker_error(rd_kafka_t* client, const Properties& properties);

// The same for the handle that the calling thread polls anyway, unless the error is older than this.
std::optional<Error> broker_error(const Properties& properties, Steady not_before);

}  // namespace auditstream::kafka
