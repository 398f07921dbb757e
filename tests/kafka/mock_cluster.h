// MockCluster: librdkafka's brokers inside the process, which answer with the errors that a test asks for.
// They know no isolation: what an aborted transaction wrote stays visible.
#pragma once

#include <string>
#include <vector>

#include "support/kafka/handles.h"

struct rd_kafka_mock_cluster_s;

namespace auditstream::test {

// Request types by their number in Kafka's protocol.
enum class Api : std::int16_t {
  produce = 0,
  find_coordinator = 10,
  heartbeat = 12,
  init_producer_id = 22,
  add_partitions = 24,
  end_transaction = 26
};

class MockCluster {
 public:
  MockCluster();

  std::string bootstrap() const;
  void create_topic(const std::string& name, int partitions);

  // The next requests of this type are answered with these errors, one each; _TRANSPORT closes the
  // connection.
  void answer(Api api, const std::vector<rd_kafka_resp_err_t>& errors);
  // No further request of this type is answered with an error.
  void answer_well(Api api);

 private:
  static void destroy(rd_kafka_mock_cluster_s* cluster);

  const Handle handle_;
  const Owned<rd_kafka_mock_cluster_s, destroy> cluster_;
};

}  // namespace auditstream::test
