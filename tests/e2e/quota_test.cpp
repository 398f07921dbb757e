// A quota that is far below what a backfill has to publish: batches become as small as gets in, so what is
// written is what is published, and not the same again and again.
#include <gtest/gtest.h>

#include "e2e/world.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

TEST(Quota, ABackfillGetsThroughWithoutWritingEverythingManyTimes) {
  const Broker kafka;
  World world({.vendors = {"tines"}, .like = "\"history\":3000,\"history_span\":\"240h\",\"rate\":0"},
              kafka.bootstrap());
  create_topic(world.bootstrap(), world.topic("tines"), 2);
  kafka.limit_producers(20'000);
  const auto run = world.start();
  world.expect_exactly_once(240s);
  drain(*run);
  std::int64_t written = 0;  // what was aborted, and the marks of transactions, included
  for (const int partition : {0, 1}) written += log_end(world.bootstrap(), world.topic("tines"), partition);
  EXPECT_LT(written, 2 * 3000);
}

}  // namespace
}  // namespace auditstream::test
