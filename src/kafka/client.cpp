#include "kafka/client.h"

#include "kafka/connection_trouble.h"

namespace auditstream::kafka {
namespace {

// A handle's errors are served to the thread that polls it, and a thread has one handle at a time.
thread_local ConnectionTrouble last_trouble;

void on_error(rd_kafka_t*, int error, const char* reason, void*) {
  // "1/1 brokers are down" would hide which one, and why; a fence says nothing about a broker.
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || error == RD_KAFKA_RESP_ERR__FATAL) return;
  last_trouble = {static_cast<rd_kafka_resp_err_t>(error), reason};
}

// librdkafka's log says on stderr what our own messages say better; what matters arrives through on_error.
void on_log(const rd_kafka_t*, int, const char*, const char*) {}

constexpr const char* interceptor = "auditstream";

// Runs within rd_kafka_new, for interceptors belong to a handle.
rd_kafka_resp_err_t on_new(rd_kafka_t* handle, const rd_kafka_conf_t*, void* callbacks, char*, std::size_t) {
  const auto* const ours = static_cast<const Callbacks*>(callbacks);
  return rd_kafka_interceptor_add_on_response_received(handle, interceptor, ours->answered, ours->opaque);
}

Status set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char reason[512];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason, sizeof reason) == RD_KAFKA_CONF_OK)
    return success();
  // librdkafka's words repeat the value, which may be a secret.
  return Error{"kafka." + name + ": librdkafka doesn't take this property or its value", Cure::person};
}

}  // namespace

std::vector<std::string> refused_properties(const Properties& properties) {
  const ConfHandle conf(rd_kafka_conf_new());
  std::vector<std::string> refused;
  for (const auto& [name, value] : properties) {
    if (!set(conf.get(), name, value).ok()) refused.push_back(name);
  }
  return refused;
}

Result<ClientHandle> make_client(rd_kafka_type_t type, const Connection& connection, const Properties& ours,
                                 const Properties& defaults, const Callbacks& callbacks,
                                 rd_kafka_topic_conf_t* topic_defaults) {
  last_trouble = {};
  ConfHandle conf(rd_kafka_conf_new());
  for (const Properties& properties : {Properties{{"client.id", connection.client_id},
                                                  {"socket.nagle.disable", "true"},
                                                  {"reconnect.backoff.max.ms", "2000"},
                                                  {"allow.auto.create.topics", "false"}},
                                       defaults, connection.properties, ours}) {
    for (const auto& [name, value] : properties) {
      if (Status done = set(conf.get(), name, value); !done.ok()) return done.error();
    }
  }
  rd_kafka_conf_set_error_cb(conf.get(), on_error);
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  rd_kafka_conf_set_opaque(conf.get(), callbacks.opaque);
  if (callbacks.delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf.get(), callbacks.delivered);
  if (callbacks.rebalanced != nullptr) rd_kafka_conf_set_rebalance_cb(conf.get(), callbacks.rebalanced);
  if (callbacks.answered != nullptr) {
    rd_kafka_conf_interceptor_add_on_new(conf.get(), interceptor, on_new, const_cast<Callbacks*>(&callbacks));
  }
  if (topic_defaults != nullptr) rd_kafka_conf_set_default_topic_conf(conf.get(), topic_defaults);
  char reason[512];
  rd_kafka_t* handle = rd_kafka_new(type, conf.get(), reason, sizeof reason);
  if (handle == nullptr) return Error{std::string("kafka: librdkafka: ") + reason, Cure::person};
  (void)conf.release();  // owned by the handle now
  return ClientHandle(handle);
}

std::optional<Error> last_broker_error(rd_kafka_t* client, const Properties& properties) {
  rd_kafka_poll(client, 0);
  if (last_trouble.text.empty()) return std::nullopt;
  return explain(last_trouble, properties);
}

}  // namespace auditstream::kafka
