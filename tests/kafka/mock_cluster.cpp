#include "kafka/mock_cluster.h"

#include <librdkafka/rdkafka_mock.h>

namespace auditstream::test {

void MockCluster::destroy(rd_kafka_mock_cluster_s* cluster) { rd_kafka_mock_cluster_destroy(cluster); }

MockCluster::MockCluster()
    : handle_(make_handle(RD_KAFKA_PRODUCER, {{"log_level", "2"}})),
      cluster_(rd_kafka_mock_cluster_new(handle_.get(), 1)) {}

std::string MockCluster::bootstrap() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }

void MockCluster::create_topic(const std::string& name, int partitions) {
  const auto code = rd_kafka_mock_topic_create(cluster_.get(), name.c_str(), partitions, 1);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail("create topic " + name, code);
}

void MockCluster::answer(Api api, const std::vector<rd_kafka_resp_err_t>& errors) {
  rd_kafka_mock_push_request_errors_array(cluster_.get(), static_cast<std::int16_t>(api), errors.size(),
                                          errors.data());
}

void MockCluster::answer_well(Api api) {
  rd_kafka_mock_clear_request_errors(cluster_.get(), static_cast<std::int16_t>(api));
}

}  // namespace auditstream::test
