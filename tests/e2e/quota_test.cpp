// A quota that is far below what a backfill has to publish: a transaction that doesn't get in is tried with
// half as much, so each event is written a few times at most, not again and again for ever.
#include <gtest/gtest.h>

#include "e2e/world.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

TEST(Quota, ABackfillGetsThroughByTransactionsThatBecomeSmaller) {
  constexpr int events = 600;
  const Broker kafka;
  World world({.vendors = {"tines"},
               .like = "\"history\":" + std::to_string(events) +
                       ",\"history_span\":\"1h\",\"rate\":0,\"padding\":4000"},
              kafka.bootstrap());
  // Twice what a transaction has time for. A broker lets a request in and is silent afterwards, so that
  // requests of a megabyte may all be in before the silence is too long.
  world.config["kafka"]["compression.type"] = "none";
  world.config["topics"]["config"]["max.message.bytes"] = "100000";
  kafka.limit_producers(50'000);
  const auto run = world.start();
  world.expect_exactly_once(400s);
  drain(*run);
  std::int64_t written = 0;  // what was aborted, and the marks of transactions, included
  for (const int partition : {0, 1}) written += log_end(world.bootstrap(), world.topic("tines"), partition);
  EXPECT_GT(written, events * 5 / 4) << "nothing timed out";
  EXPECT_LT(written, events * 5);
}

}  // namespace
}  // namespace auditstream::test
