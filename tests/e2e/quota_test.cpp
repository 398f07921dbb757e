// A quota that is far below what a backfill has to publish: a transaction that doesn't get in is tried with
// half as much, so each event is written a few times at most, not again and again for ever.
#include <gtest/gtest.h>

#include "e2e/world.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

TEST(Quota, ABackfillGetsThroughByTransactionsThatBecomeSmaller) {
  constexpr int events = 3000;
  const Broker kafka;
  World world({.vendors = {"tines"},
               .like = "\"history\":" + std::to_string(events) + ",\"history_span\":\"240h\",\"rate\":0"},
              kafka.bootstrap());
  // Each request is delayed by up to ten seconds: many small ones take longer than a transaction may.
  world.config["kafka"]["compression.type"] = "none";
  world.config["kafka"]["batch.size"] = "200000";
  create_topic(world.bootstrap(), world.topic("tines"), 1);
  kafka.limit_producers(20'000);
  const auto run = world.start();
  world.expect_exactly_once(400s);
  drain(*run);
  // What was aborted, and the marks of transactions, included.
  const std::int64_t written = log_end(world.bootstrap(), world.topic("tines"), 0);
  RecordProperty("written", static_cast<int>(written));
  EXPECT_GT(written, events * 5 / 4) << "nothing timed out";
  EXPECT_LT(written, events * 5);
}

}  // namespace
}  // namespace auditstream::test
