// A leader that has lost sight of how far its partition was committed.
#include <gmock/gmock.h>
#include <signal.h>

#include <future>

#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/kafka/topics.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;

// Killed, a broker comes back with the high watermark of its last checkpoint, some seconds old, and a leader
// without its followers can't know better. Who took that for the end would restore an old cursor and publish
// everything since once more. Eligible leader replicas, on by default since Kafka 4.1, let nobody lead then.
TEST(StaleWatermark, ARestoreWaitsForItsOwnMark) {
  Brokers brokers(3, {"default.replication.factor=2"}, {"eligible.leader.replicas.version=0"});
  const Place place(brokers.bootstrap());
  const auto opening = [&] {
    PatientJournal journal(place.settings());
    return cursors_in(journal.open_at_last(120s));
  };
  // A leader whose high watermark lies before its own election tells nobody an end.
  const auto knows = [&](std::int64_t end) {
    try {
      return log_end(brokers.bootstrap(), place.offsets(), 0) >= end;
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  bool was_stale = false;
  for (int round = 1; round <= 4 && !was_stale; ++round) {
    PatientJournal journal(place.settings());
    journal.open_at_last(120s);
    const auto cursor = [&](int commit) { return std::to_string(1000 * round + commit); };
    constexpr int commits = 40;
    for (int commit = 1; commit <= commits; ++commit) {
      ASSERT_EQ(journal.commit(place.batch({cursor(commit)}, cursor(commit))).outcome,
                core::Outcome::committed);
    }
    journal.close();
    const std::int64_t end = log_end(brokers.bootstrap(), place.offsets(), 0);
    std::set<int> replicas = in_sync_replicas(brokers.bootstrap(), place.offsets(), 0);
    ASSERT_THAT(replicas, SizeIs(2));
    for (const int node : replicas) brokers.kill(node);
    const int first = *replicas.begin();
    const int second = *replicas.rbegin();
    // Whichever of the two stays in the set of replicas in sync has to lead, and alone.
    brokers.start(first);
    until("one is left in sync", 60s, [&] {
      const std::set<int> in_sync = in_sync_replicas(brokers.bootstrap(), place.offsets(), 0);
      if (in_sync.size() == 1) replicas.erase(*in_sync.begin());
      return in_sync.size() == 1;
    });
    const int follower = *replicas.begin();
    if (follower == first) {
      brokers.signal(follower, SIGSTOP);
      brokers.start(second);
    }
    until("somebody leads", 60s,
          [&] { return leader_of(brokers.bootstrap(), place.offsets(), 0).has_value(); });
    was_stale = !knows(end);
    std::future<core::RecordMap> restored = std::async(std::launch::async, opening);
    EXPECT_EQ(restored.wait_for(8s), std::future_status::timeout) << "nothing can be known yet";
    follower == first ? brokers.signal(follower, SIGCONT) : brokers.start(follower);
    EXPECT_THAT(restored.get(), ElementsAre(Pair("acme", cursor(commits))));
    brokers.until_in_sync();
  }
  EXPECT_TRUE(was_stale) << "each checkpoint was just in time";
}

}  // namespace
}  // namespace auditstream::test
