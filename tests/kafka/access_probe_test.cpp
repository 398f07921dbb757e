#include "kafka/access_probe.h"

#include <gmock/gmock.h>

#include "kafka/mock_cluster.h"

namespace auditstream::test {
namespace {

using testing::IsEmpty;

TEST(AccessProbe, OfAGroupWithoutCoordinatorEndsAndTellsNothing) {
  MockCluster cluster;
  cluster.create_topic("offsets", 1);
  cluster.answer(Api::find_coordinator,
                 std::vector<rd_kafka_resp_err_t>(1000, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE));
  kafka::Connection connection;
  connection.properties["bootstrap.servers"] = cluster.bootstrap();
  EXPECT_THAT(kafka::membership_denied(connection, "group", "offsets"), IsEmpty());
}

}  // namespace
}  // namespace auditstream::test
