#include "support/kafka/handles.h"

namespace auditstream::test {

Handle make_handle(rd_kafka_type_t type, const Properties& properties) {
  Owned<rd_kafka_conf_t, rd_kafka_conf_destroy> conf(rd_kafka_conf_new());
  char reason[512];
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason, sizeof reason) !=
        RD_KAFKA_CONF_OK) {
      throw std::runtime_error(reason);
    }
  }
  Handle handle(rd_kafka_new(type, conf.get(), reason, sizeof reason));
  if (handle == nullptr) throw std::runtime_error(reason);
  (void)conf.release();  // now the handle's
  return handle;
}

void fail(const std::string& what, rd_kafka_resp_err_t code) {
  throw std::runtime_error(what + ": " + rd_kafka_err2str(code));
}

}  // namespace auditstream::test
