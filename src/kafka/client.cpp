#include "kafka/client.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "base/mutex.h"
#include "kafka/connection_failure.h"
#include "kafka/contact.h"

namespace auditstream::kafka {
namespace {

// A handle's errors are served to the thread that polls it, and a thread has one handle at a time.
thread_local ConnectionFailure last_failure;
thread_local Steady last_failure_at;

// OpenSSL's errors for the certificates of brokers, by "host:port". They are reported on librdkafka's threads
// and in no other way: which error follows is a matter of chance.
class Certificates {
 public:
  void note(const std::string& broker, int error) {
    const MutexLock lock(mutex_);
    if (error == 0) {
      errors_.erase(broker);
    } else {
      errors_[broker] = error;
    }
  }
  // 0 unless the text is about a TLS handshake with one of these brokers.
  int error_behind(const std::string& text) const {
    if (text.find("SSL") == std::string::npos) return 0;
    const MutexLock lock(mutex_);
    for (const auto& [broker, error] : errors_) {
      // "ssl://10.0.0.1:9093/1: ...", or "GroupCoordinator: ssl://10.0.0.1:9093: ...".
      for (const char end : {'/', ':'}) {
        if (text.find("//" + broker + end) != std::string::npos) return error;
      }
    }
    return 0;
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, int> errors_ AS_GUARDED_BY(mutex_);
};

// Never destroyed: handles that were given up may outlive main().
Certificates& certificates() {
  static auto& all = *new Certificates;
  return all;
}

// Called for each certificate of the chain, the broker's own last. OpenSSL's verdict stands.
int on_certificate(rd_kafka_t*, const char* broker, std::int32_t, int* error, int depth, const char*,
                   std::size_t, char* reason, std::size_t reason_size, void*) {
  if (*error != 0 || depth == 0) certificates().note(broker, *error);
  if (*error == 0) return 1;
  std::snprintf(reason, reason_size, "OpenSSL's verify error %d", *error);
  return 0;
}

void on_error(rd_kafka_t*, int error, const char* reason, void*) {
  // "1/1 brokers are down" would hide which one, and why; a fence says nothing about a broker.
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || error == RD_KAFKA_RESP_ERR__FATAL) return;
  last_failure = {static_cast<rd_kafka_resp_err_t>(error), reason, certificates().error_behind(reason),
                  token_error()};
  last_failure_at = steady_now();
}

// Our own messages say better what librdkafka logs; what matters arrives through on_error. Only that a broker has hung
// up is told nowhere else by librdkafka 2.15 and later. Called by the thread that polls: "log.queue".
void on_log(const rd_kafka_t*, int, const char* facility, const char* line) {
  if (std::string_view(facility) != "FAIL") return;
  // "[thrd:10.0.0.1:9092/bootstrap]: 10.0.0.1:9092/bootstrap: Disconnected (after 2ms in state APIVERSION_QUERY)"
  const std::string_view text = line;
  const std::size_t thread_end = text.find("]: ");
  if (thread_end == text.npos || text.find(": Disconnected") == text.npos) return;
  on_error(nullptr, RD_KAFKA_RESP_ERR__TRANSPORT, line + thread_end + 3, nullptr);
}

constexpr const char* interceptor = "auditstream";

// Called by rd_kafka_new, because interceptors belong to a handle.
rd_kafka_resp_err_t on_new(rd_kafka_t* handle, const rd_kafka_conf_t*, void* callbacks, char*, std::size_t) {
  const auto* const ours = static_cast<const Callbacks*>(callbacks);
  if (ours->sent != nullptr) {
    rd_kafka_interceptor_add_on_request_sent(handle, interceptor, ours->sent, ours->listener);
  }
  if (ours->answered == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  return rd_kafka_interceptor_add_on_response_received(handle, interceptor, ours->answered, ours->listener);
}

Status set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char reason[512];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason, sizeof reason) == RD_KAFKA_CONF_OK)
    return success();
  // librdkafka's message repeats the value, which may be a secret.
  return Error{"kafka." + name + ": librdkafka doesn't take this property or its value",
               ErrorKind::misconfigured};
}

}  // namespace

Taken take_property(const std::string& name, const std::string& value) {
  const ConfHandle conf(rd_kafka_conf_new());
  switch (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), nullptr, 0)) {
    case RD_KAFKA_CONF_OK:
      return Taken::yes;
    case RD_KAFKA_CONF_UNKNOWN:
      return Taken::unknown;
    case RD_KAFKA_CONF_INVALID:
      break;
  }
  return Taken::bad_value;
}

// The names are the first column of the table that librdkafka prints for its documentation.
std::vector<std::string> property_names() {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* table = open_memstream(&text, &size);
  AS_CHECK(table != nullptr);
  rd_kafka_conf_properties_show(table);
  std::fclose(table);
  std::istringstream lines(std::string(text, size));
  std::free(text);
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (line.find('|') != std::string::npos && take_property(name, "") != Taken::unknown)
      names.push_back(name);
  }
  return names;
}

Result<ClientHandle> make_client(rd_kafka_type_t type, const Connection& connection, const Properties& ours,
                                 const Properties& defaults, const Callbacks& callbacks,
                                 rd_kafka_topic_conf_t* topic_defaults) {
  last_failure = {};
  ConfHandle conf(rd_kafka_conf_new());
  for (const Properties& properties : {Properties{{"client.id", connection.client_id},
                                                  {"socket.nagle.disable", "true"},
                                                  {"reconnect.backoff.max.ms", "2000"},
                                                  {"log.queue", "true"},
                                                  {"allow.auto.create.topics", "false"}},
                                       defaults, connection.properties, ours}) {
    for (const auto& [name, value] : properties) {
      if (Status done = set(conf.get(), name, value); !done.ok()) return done.error();
    }
  }
  if (connection.tokens) {
    if (Status done = ask_for_tokens(conf.get(), connection.tokens); !done.ok()) return done.error();
  }
  rd_kafka_conf_set_error_cb(conf.get(), on_error);
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  rd_kafka_conf_set_ssl_cert_verify_cb(conf.get(), on_certificate);
  rd_kafka_conf_set_opaque(conf.get(), callbacks.opaque);
  if (callbacks.delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf.get(), callbacks.delivered);
  if (callbacks.rebalanced != nullptr) rd_kafka_conf_set_rebalance_cb(conf.get(), callbacks.rebalanced);
  if (callbacks.answered != nullptr || callbacks.sent != nullptr) {
    rd_kafka_conf_interceptor_add_on_new(conf.get(), interceptor, on_new, const_cast<Callbacks*>(&callbacks));
  }
  if (topic_defaults != nullptr) rd_kafka_conf_set_default_topic_conf(conf.get(), topic_defaults);
  char reason[512];
  rd_kafka_t* handle = rd_kafka_new(type, conf.get(), reason, sizeof reason);
  if (handle == nullptr) return Error{std::string("kafka: librdkafka: ") + reason, ErrorKind::misconfigured};
  (void)conf.release();  // owned by the handle now
  rd_kafka_set_log_queue(handle, nullptr);
  if (connection.tokens) begin_refreshing(handle);
  return ClientHandle(handle);
}

std::optional<Error> last_broker_error(rd_kafka_t* client, const Properties& properties) {
  rd_kafka_poll(client, 0);
  return broker_error(properties, Steady::min());
}

std::optional<Error> broker_error(const Properties& properties, Steady not_before) {
  if (last_failure.text.empty() || last_failure_at < not_before) return std::nullopt;
  return explain(last_failure, properties);
}

}  // namespace auditstream::kafka
