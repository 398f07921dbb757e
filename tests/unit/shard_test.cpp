// One partition: who is polled, what goes into a transaction, and what each of its outcomes means.
#include "core/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "unit/shard_life.h"

namespace auditstream::core {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Le;
using ::testing::Not;
using ::testing::Pair;
using ::testing::ResultOf;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

std::vector<std::string> give_events(Tenant& tenant, int count, Time first) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    ids.push_back("e" + std::to_string(1000 + i));
    tenant.events.emplace_back(ids.back(), first + i * 1s);
  }
  return ids;
}

// --- opening

TEST(Shard, ANewSourcesCursorIsInKafkaBeforeItsFirstRequest) {
  ShardLife life;
  life.add("acme");
  life.start();
  life.shard->on_journal(life.journal->take_event(), life.now);
  ASSERT_THAT(life.journal->batches, SizeIs(1)) << "at once, not with the next progress";
  EXPECT_EQ(life.journal->batches[0]->events, 0u);
  life.pass(1s);
  life.shard->step(life.now);
  EXPECT_THAT(life.client.waiting, IsEmpty());
  EXPECT_EQ(life.state("acme"), "starting");
  life.shard->on_journal(life.journal->take_event(), life.now);
  EXPECT_TRUE(life.journal->records.contains("acme"));
  EXPECT_THAT(life.client.waiting, SizeIs(1));
}

TEST(Shard, SinceIsCutToWhatTheVendorPrints) {
  ShardLife life;
  life.now.wall += 123456us;
  life.add("acme");
  life.start();
  life.live(1s);
  EXPECT_EQ(decode_cursor(life.journal->records["acme"])->cursor.since, noon);
}

TEST(Shard, AJournalThatDoesNotOpenIsTriedAgainPatiently) {
  ShardLife life;
  life.add("acme");
  life.journal->failing = JournalFailed{{"no broker"}};
  life.start();
  life.live(10min);
  EXPECT_GE(life.journal->opens, 30);
  EXPECT_LE(life.journal->opens, 80);
  ASSERT_TRUE(life.shard->not_opened());
  EXPECT_FALSE(life.shard->not_opened()->error.lasts());
  life.journal->failing = JournalFailed{{"cleanup.policy is delete", ErrorKind::misconfigured}};
  life.live(1min);
  ASSERT_TRUE(life.shard->not_opened());
  EXPECT_TRUE(life.shard->not_opened()->error.lasts());
  EXPECT_EQ(life.shard->not_opened()->error.message, "cleanup.policy is delete");
  life.journal->failing.reset();
  life.live(1min);
  EXPECT_TRUE(life.shard->open());
  EXPECT_FALSE(life.shard->not_opened());
}

TEST(Shard, ADisabledSourceKeepsItsCursorAndIsNotPolled) {
  ShardLife life;
  life.add("acme");
  life.start();
  life.live(1min);
  const std::string record = life.journal->records["acme"];
  life.sources[0]->enabled = false;
  life.tenants["acme"].asked_at.clear();
  life.start();
  life.live(30min);
  EXPECT_THAT(life.tenants["acme"].asked_at, IsEmpty());
  EXPECT_EQ(life.journal->records["acme"], record);
}

// --- the config has changed

class ChangedSource : public ::testing::Test {
 protected:
  void SetUp() override {
    life.add("acme");
    life.tenants["acme"].events.emplace_back("a", noon + 1s);
    life.pass(2s);
    life.now.wall = noon;
    life.start();
    life.live(1min);
    ASSERT_THAT(life.journal->published, ElementsAre("a"));
    life.tenants["acme"].asked_at.clear();
    life.tenants["acme"].urls.clear();
    life.observer.lines.clear();
  }
  void restart() {
    life.start();
    life.live(1min);
  }
  bool asked() { return !life.tenants["acme"].asked_at.empty(); }
  ShardLife life;
};

TEST_F(ChangedSource, UnchangedGoesOnAndSaysNothing) {
  restart();
  EXPECT_TRUE(asked());
  EXPECT_EQ(life.times_said("acme "), 0u);
  EXPECT_THAT(life.journal->published, SizeIs(1));
}

TEST_F(ChangedSource, OriginStopsTheSource) {
  life.sources[0]->origin = "another";
  restart();
  EXPECT_FALSE(asked());
  EXPECT_EQ(life.state("acme"), "stopped");
  for (const char* remedy : {"new name", "cursors reset acme", "cursors move acme"}) {
    EXPECT_THAT(life.status("acme").error, HasSubstr(remedy));
  }
  EXPECT_EQ(life.times_said("source_stopped"), 1u);
}

TEST_F(ChangedSource, AccountInTheSamePartitionStopsTheSource) {
  life.sources[0]->account = "other";
  restart();
  EXPECT_FALSE(asked());
  EXPECT_EQ(life.status("acme").error,
            "cursor of acme lies in partition 3 under account acme: run auditstream cursors move acme");
}

TEST_F(ChangedSource, AccountOfAnotherPartitionStopsTheSource) {
  life.journal->records.clear();
  life.world.cursors["acme"][7] = "old";
  restart();
  EXPECT_FALSE(asked());
  EXPECT_EQ(life.status("acme").error,
            "cursor of acme lies in partition 7 under account old: run auditstream cursors move acme");
  EXPECT_FALSE(life.journal->records.contains("acme"));
}

TEST_F(ChangedSource, FilterActsFromTheWatermarkOnAndIsSaidOnce) {
  life.sources[0]->filter = "another";
  restart();
  EXPECT_TRUE(asked());
  EXPECT_EQ(life.times_said("filter_changed"), 1u);
  life.live(10min);
  restart();
  EXPECT_EQ(life.times_said("filter_changed"), 1u);
  EXPECT_EQ(decode_cursor(life.journal->records["acme"])->cursor.filter, "another");
}

TEST_F(ChangedSource, BackfillStartIsIgnoredAndThatIsSaidOnce) {
  life.sources[0]->backfill_start_time = noon - 24h * 365;
  life.tenants["acme"].events.emplace_back("older", noon - 24h * 300);
  restart();
  EXPECT_EQ(life.times_said("backfill_ignored"), 1u);
  EXPECT_EQ(life.times_said("cursors reset acme"), 1u);
  life.live(10min);
  restart();
  EXPECT_EQ(life.times_said("backfill_ignored"), 1u);
  EXPECT_THAT(life.journal->published, ElementsAre("a"));
}

TEST_F(ChangedSource, OverlapActsFromNowOn) {
  life.sources[0]->overlap = 1h;
  life.live(1h);
  life.tenants["acme"].events.emplace_back("b", life.now.wall - 1s);
  restart();
  life.tenants["acme"].events.emplace_back("late", life.now.wall - 50min);
  life.live(2min);
  life.sources[0]->overlap = 1min;
  restart();
  life.tenants["acme"].events.emplace_back("c", life.now.wall - 1s);
  life.live(2min);
  life.tenants["acme"].events.emplace_back("too late", life.now.wall - 30min);
  life.live(2min);
  EXPECT_THAT(life.journal->published, ElementsAre("a", "b", "late", "c"));
}

TEST_F(ChangedSource, ACursorThatCanNotBeReadStopsThatSourceAlone) {
  life.add("other");
  life.journal->records["acme"] = "{\"version\":2}";
  restart();
  EXPECT_FALSE(asked());
  EXPECT_THAT(life.status("acme").error, HasSubstr("cursors show acme"));
  EXPECT_THAT(life.status("acme").error, HasSubstr("cursors reset acme"));
  EXPECT_FALSE(life.tenants["other"].asked_at.empty());
  EXPECT_EQ(life.journal->records["acme"], "{\"version\":2}");
}

// --- group commit

TEST(Shard, SourcesShareATransaction) {
  ShardLife life;
  for (int i = 0; i < 50; ++i) {
    const std::string name = "s" + std::to_string(i);
    life.add(name).backfill_start_time = noon - 1h;
    life.tenants[name].events.emplace_back("e-" + name, noon - 1min);
  }
  life.limits.commit_interval = 10s;
  life.start();
  life.live(30s);
  EXPECT_THAT(life.journal->published, SizeIs(50));
  EXPECT_LE(life.journal->batches.size(), 4u);
}

TEST(Shard, CommitsAreSpaced) {
  ShardLife life;
  for (int i = 0; i < 20; ++i) life.add("s" + std::to_string(i)).poll_interval = 50ms;
  life.start();
  Steady last = life.now.steady - 1s;
  std::size_t seen = 0;
  int event = 0;
  for (int step = 0; step < 2000; ++step) {
    auto& tenant = life.tenants["s" + std::to_string(step % 20)];
    tenant.events.emplace_back("e" + std::to_string(++event), floor_second(life.now.wall));
    life.live(1ms);
    if (life.journal->batches.size() == seen) continue;
    seen = life.journal->batches.size();
    EXPECT_GE(life.now.steady - last, 19ms);
    last = life.now.steady;
  }
  EXPECT_GT(seen, 20u);
}

TEST(Shard, ProgressWithoutEventsIsWrittenAfterTenMinutesAndOnDrain) {
  ShardLife life;
  Source& source = life.add("acme");
  source.backfill_start_time = noon - 30 * 24h;
  life.start();
  life.live(9min);
  EXPECT_THAT(life.journal->batches, SizeIs(1)) << "the birth";
  life.live(2min);
  EXPECT_THAT(life.journal->batches, SizeIs(2));
  EXPECT_GE(decode_cursor(life.journal->records["acme"])->cursor.watermark, noon - finality_delay);
  life.live(2min);
  life.shard->drain(life.now);
  life.live(1s);
  EXPECT_TRUE(life.shard->closed());
  EXPECT_EQ(life.journal->closes, 1);
  EXPECT_THAT(life.journal->batches, SizeIs(3));
}

TEST(Shard, ProgressRidesWithTheNextBatch) {
  ShardLife life;
  life.add("quiet").backfill_start_time = noon - 30 * 24h;
  life.add("busy");
  life.start();
  life.live(1min);
  life.tenants["busy"].events.emplace_back("e", life.now.wall);
  life.live(1min);
  EXPECT_GE(decode_cursor(life.journal->records["quiet"])->cursor.watermark, noon - finality_delay);
}

// --- outcomes

TEST(Shard, ADeniedTopicHoldsOnlyTheSourcesThatNeedIt) {
  ShardLife life;
  life.add("barred").backfill_start_time = noon - 1h;
  life.add("free").backfill_start_time = noon - 1h;
  life.sources[0]->topic = "audit.barred";
  life.tenants["barred"].events.emplace_back("b1", noon - 1min);
  life.tenants["free"].events.emplace_back("f1", noon - 1min);
  life.journal->denied = {"audit.barred"};
  life.start();
  life.live(5s);
  EXPECT_THAT(life.journal->published, ElementsAre("f1"));
  EXPECT_EQ(life.journal->opens, 2);
  life.tenants["free"].events.emplace_back("f2", life.now.wall);
  life.live(5min);
  EXPECT_THAT(life.journal->published, ElementsAre("f1", "f2"));
  EXPECT_EQ(life.state("barred"), "failing") << "whoever looks at it must see why";
  EXPECT_THAT(life.status("barred").error, HasSubstr("Kafka denies audit.barred"));
  EXPECT_EQ(life.state("free"), "resting");
  ASSERT_TRUE(decode_cursor(life.journal->records["barred"])->cursor.last_error) << "on every instance";
  EXPECT_LE(life.times_said("commit_failed"), 30u);
  // It is tried again and again, but less and less often: each time costs the others what they have read.
  EXPECT_GE(life.journal->opens, 5);
  EXPECT_LE(life.journal->opens, 7);
  life.journal->denied.clear();
  life.live(5min);
  EXPECT_THAT(life.journal->published, UnorderedElementsAre("f1", "f2", "b1"));
  EXPECT_EQ(life.state("barred"), "resting");
  EXPECT_FALSE(decode_cursor(life.journal->records["barred"])->cursor.last_error);
}

TEST(Shard, ADeniedDeadLetterTopicHoldsOnlyWhoNeedsIt) {
  ShardLife life;
  for (const char* name : {"bad", "good"}) {
    life.add(name).backfill_start_time = noon - 1h;
    life.tenants[name].events.emplace_back(std::string("e-") + name, noon - 1min);
  }
  life.tenants["bad"].events.emplace_back(std::string(3000, 'x'), noon - 2min);
  life.sources[0]->topic = "audit.bad";
  life.world.record_bytes_max["audit.bad"] = 2000;  // so it becomes a dead letter
  life.journal->denied = {"audit.tines.dlq"};
  life.start();
  life.live(5s);
  EXPECT_THAT(life.journal->published, ElementsAre("e-good"));
  life.journal->denied.clear();
  life.live(1min);
  EXPECT_THAT(life.journal->published, UnorderedElementsAre("e-good", "e-bad"));
  EXPECT_THAT(life.journal->dead, SizeIs(1));
}

// A backfill whose events are too old for the topic, and a source that lives, on the same topic.
struct OldAndNew : ShardLife {
  OldAndNew() {
    add("backfill").backfill_start_time = noon - 20h;
    add("live");
    for (int i = 0; i < 18; ++i)
      tenants["backfill"].events.emplace_back("old" + std::to_string(i), noon - 19h + i * 1h);
    journal->too_old_before = noon - 1h;
  }
  // An hour of events, one after the other.
  void live_for_an_hour(int events) {
    for (int i = 0; i < events; ++i) {
      wanted.push_back("new" + std::to_string(i));
      tenants["live"].events.emplace_back(wanted.back(), now.wall);
      live(Duration{1h} / events);
    }
  }
  std::vector<std::string> wanted;
};

// What a topic refuses of one source it may take of another.
TEST(Shard, OnATopicThatRefusesTheirAgeOnlyOldEventsWait) {
  OldAndNew life;
  life.start();
  life.live_for_an_hour(60);
  EXPECT_THAT(life.journal->published, UnorderedElementsAreArray(life.wanted));
  EXPECT_THAT(life.status("backfill").error, HasSubstr("refuses their age"));
  EXPECT_EQ(life.state("live"), "resting");
  EXPECT_EQ(life.status("live").error, "");
  EXPECT_LE(life.journal->opens, 25);
}

// However much is ready at that moment.
TEST(Shard, WhoIsOnTrialSharesItsBatchWithNobody) {
  OldAndNew life;
  life.limits.commit_interval = 1min;
  life.start();
  life.live_for_an_hour(120);
  life.live(20min);
  EXPECT_THAT(life.journal->published, UnorderedElementsAreArray(life.wanted));
  int shared = 0;
  for (const auto& batch : life.journal->batches) {
    std::set<std::string> sources;
    for (const Unit& unit : batch->units) {
      if (!unit.events.empty()) sources.insert(unit.source->name);
    }
    if (sources.size() > 1) ++shared;
  }
  EXPECT_LE(shared, 1) << "before anything was known";
}

TEST(Shard, WhatIsLeftAloneIsTriedInTurnAndAllOfItComesOnceItMay) {
  ShardLife life;
  std::vector<std::string> wanted;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "s" + std::to_string(i);
    life.add(name).backfill_start_time = noon - 1h;
    wanted.push_back("e-" + name);
    life.tenants[name].events.emplace_back(wanted.back(), noon - 1min);
  }
  life.journal->denied = {"audit.tines"};
  life.start();
  life.live(20min);
  EXPECT_LE(life.journal->opens, 15) << "one try of the topic, not one of each source";
  life.journal->denied.clear();
  life.live(6min);
  EXPECT_THAT(life.journal->published, UnorderedElementsAreArray(wanted));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(life.status("s" + std::to_string(i)).error, "");
}

TEST(Shard, ASourceWithoutEventsNeedsNoTopic) {
  ShardLife life;
  life.add("busy").backfill_start_time = noon - 1h;
  life.add("quiet").backfill_start_time = noon - 1h;
  life.tenants["busy"].events.emplace_back("a", noon - 1min);
  life.journal->denied = {"audit.tines"};
  life.start();
  life.live(30min);
  EXPECT_EQ(life.state("busy"), "failing");
  EXPECT_EQ(life.state("quiet"), "resting");
  EXPECT_FALSE(decode_cursor(life.journal->records["quiet"])->cursor.last_error);
}

TEST(Shard, AReloadOfAHeldSourceRecoversNothing) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  life.tenants["acme"].events.emplace_back("a", noon - 1min);
  life.journal->denied = {"audit.tines"};
  life.start();
  life.live(5min);
  const auto reload = [&](const std::string& topic) {
    auto next = std::make_shared<Source>(*life.sources[0]);
    next->overlap += 1min;
    next->topic = topic;
    life.sources[0] = next;
    life.shard->reconfigure({life.sources.begin(), life.sources.end()}, life.now);
  };
  reload("audit.tines");
  life.live(1min);
  EXPECT_EQ(life.state("acme"), "failing");
  EXPECT_EQ(life.times_said("recovered"), 0u);
  // The obvious remedy acts at once.
  reload("audit.other");
  life.live(10s);
  EXPECT_THAT(life.journal->published, ElementsAre("a"));
  EXPECT_EQ(life.state("acme"), "resting");
  EXPECT_FALSE(decode_cursor(life.journal->records["acme"])->cursor.last_error) << "others are told as well";
}

TEST(Shard, WhileItIsOpenedAgainBecauseOfATopicItsSourcesAreShownAsTheyWere) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  life.tenants["acme"].events.emplace_back("a", noon - 1min);
  life.journal->denied = {"audit.tines"};
  life.start();
  int looks = 0, failing = 0;
  for (int i = 0; i < 600; ++i) {
    life.live(100ms);
    if (life.journal->opens < 2) continue;
    ++looks;
    for (const SourceStatus& status : life.shard->status(life.now)) {
      if (status.poller.activity == Activity::failing) ++failing;
    }
  }
  EXPECT_GT(looks, 500);
  EXPECT_EQ(failing, looks);
  life.journal->failing = JournalFailed{{"no broker"}};
  life.live(10min);
  EXPECT_THAT(life.shard->status(life.now), IsEmpty()) << "nobody knows any more";
}

TEST(Shard, APollerThatIsHeldAndThrottledRests) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  life.tenants["acme"].events.emplace_back("a", noon - 1min);
  life.journal->denied = {"audit.tines"};
  life.start();
  // Its first poll after the reopening shall be refused: nothing of it is in the cursor yet.
  while (life.journal->batches.empty() || life.journal->batches.back()->events == 0) life.live(10ms);
  http::Response throttled = answer_with(429, "");
  throttled.headers.push_back({"retry-after", "900"});
  life.tenants["acme"].refusal = throttled;
  life.live(20min);  // ends with an error if it doesn't rest
  EXPECT_THAT(life.status("acme").error, HasSubstr("Kafka denies"));
}

// In an outage nothing gets through, however little it is.
TEST(Shard, AnOutageDoesNotMakeTheNextBatchesSmall) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  life.tenants["acme"].events.emplace_back("a", noon - 30min);
  life.journal->in_time = 0;
  life.start();
  life.live(2min);
  EXPECT_THAT(life.journal->published, IsEmpty());
  const std::vector<std::string> all = give_events(life.tenants["acme"], 300, noon - 10min);
  life.journal->in_time = SIZE_MAX;
  life.live(2min);
  EXPECT_THAT(life.journal->published, SizeIs(301));
  std::size_t most = 0;
  for (const auto& batch : life.journal->batches) most = std::max(most, batch->events);
  EXPECT_GE(most, 300u);
}

// max.message.bytes was lowered while we run: nothing is known to be wrong with any one event, so none is
// tried alone.
TEST(Shard, ATopicThatTakesLessThanItDidIsAskedHowMuch) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  give_events(life.tenants["acme"], 100, noon - 10min);
  life.tenants["acme"].events.emplace_back(std::string(5000, 'x'), noon - 2min);
  life.journal->smaller = {{"audit.tines", 3000}};
  life.start();
  life.live(10s);
  EXPECT_THAT(life.journal->published, SizeIs(100));
  EXPECT_THAT(life.journal->dead, SizeIs(1));
  EXPECT_LE(life.journal->opens, 2);
}

TEST(Shard, ADrainDoesNotWaitForADeniedTopic) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  life.tenants["acme"].events.emplace_back("a", noon - 1min);
  life.journal->denied = {"audit.tines"};
  life.start();
  life.live(5s);
  life.shard->drain(life.now);
  life.live(1s);
  EXPECT_TRUE(life.shard->closed());
}

TEST(Shard, WhatTimesOutIsTriedWithHalfAsMuchAndGrowsAgain) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  const std::vector<std::string> all = give_events(life.tenants["acme"], 300, noon - 10min);
  life.journal->in_time = 50;
  life.limits.small_batch_bytes = 0;
  life.start();
  life.live(10min);
  EXPECT_THAT(life.journal->published, UnorderedElementsAreArray(all));
  std::vector<std::size_t> sizes;
  for (const auto& batch : life.journal->batches) {
    if (batch->events > 0) sizes.push_back(batch->events);
  }
  ASSERT_GE(sizes.size(), 5u);
  EXPECT_THAT(std::vector(sizes.begin(), sizes.begin() + 5), ElementsAre(300, 150, 75, 37, 74));
}

TEST(Shard, AfterALostCommitOnlyWhatKafkaHasCounts) {
  for (const bool in_kafka : {false, true}) {
    ShardLife life;
    life.add("acme").backfill_start_time = noon - 1h;
    const std::vector<std::string> all = give_events(life.tenants["acme"], 30, noon - 10min);
    bool lost = false;
    life.journal->outcome = [&](const Batch& batch) {
      if (lost || batch.events == 0) return Outcome::committed;
      lost = true;
      if (in_kafka) {
        for (const Unit& unit : batch.units) {
          for (const Event& event : unit.events) life.journal->published.push_back(event.id);
          keep_records(unit.records, life.journal->records);
        }
      }
      return Outcome::lost;
    };
    life.start();
    life.live(5min);
    EXPECT_EQ(life.journal->opens, 2);
    EXPECT_EQ(life.journal->published, all) << in_kafka;
  }
}

TEST(Shard, AnAnswerToAQuestionFromBeforeTheReopeningIsNobodys) {
  ShardLife life;
  life.add("acme");
  life.add("other").backfill_start_time = noon - 1h;
  life.tenants["other"].events.emplace_back("a", noon - 1min);
  life.journal->outcome = [](const Batch& batch) {
    return batch.events > 0 ? Outcome::lost : Outcome::committed;
  };
  life.start();
  life.live(5s);
  EXPECT_GE(life.journal->opens, 2);
  life.answering = false;
  life.live(1min);
  ASSERT_FALSE(life.client.waiting.empty());
  const http::RequestId id = life.client.waiting.front().first;
  life.client.waiting.pop_front();
  life.shard->drain(life.now);
  life.live(1s);
  EXPECT_FALSE(life.shard->on_response(id, life.tenants["acme"].answer(), life.now));
}

TEST(Shard, AnAnswerOnItsWayWhileACommitIsLostReachesNobody) {
  ShardLife life;
  life.add("acme");
  life.add("other").backfill_start_time = noon - 30min;
  life.tenants["other"].events.emplace_back("a", noon - 1min);
  life.journal->outcome = [](const Batch& batch) {
    return batch.events > 0 ? Outcome::lost : Outcome::committed;
  };
  life.answering = false;
  life.start();
  life.live(1s);
  std::map<std::string, http::RequestId> asked;
  for (const auto& [id, request] : life.client.waiting)
    asked[request.url.find("other") == std::string::npos ? "acme" : "other"] = id;
  ASSERT_THAT(asked, SizeIs(2));
  ASSERT_TRUE(life.shard->on_response(asked["other"], life.tenants["other"].answer(), life.now));
  life.shard->step(life.now);
  life.live(1min);
  ASSERT_EQ(life.journal->opens, 2);
  EXPECT_THAT(life.client.cancelled, Contains(asked["acme"]));
  EXPECT_FALSE(life.shard->on_response(asked["acme"], life.tenants["acme"].answer(), life.now));
}

TEST(Shard, ARefusedRecordIsFoundByHalvingAndGoesToTheDeadLettersAlone) {
  for (const int bad : {0, 57, 99}) {
    ShardLife life;
    life.add("acme").backfill_start_time = noon - 1h;
    std::vector<std::string> all = give_events(life.tenants["acme"], 100, noon - 10min);
    const std::string refused = all[static_cast<std::size_t>(bad)];
    life.journal->outcome = [&](const Batch& batch) {
      for (const Unit& unit : batch.units) {
        if (std::ranges::find(unit.events, refused, &Event::id) != unit.events.end()) return Outcome::refused;
      }
      return Outcome::committed;
    };
    life.start();
    life.live(10min);
    std::erase(all, refused);
    ASSERT_EQ(life.journal->published, all);
    EXPECT_THAT(life.journal->dead, ElementsAre(refused + " refused"));
    EXPECT_LE(life.journal->opens, 40);
    const int opens = life.journal->opens;
    life.tenants["acme"].events.emplace_back("next", life.now.wall);
    life.live(1min);
    EXPECT_EQ(life.journal->published.back(), "next");
    EXPECT_EQ(life.journal->opens, opens);
  }
}

// One that may ask only now and then is refused long after the others' work was committed again.
TEST(Shard, ARefusedRecordIsFoundWhileAnotherSourceGoesOn) {
  ShardLife life;
  life.add("busy").poll_interval = 1s;
  life.add("slow").backfill_start_time = noon - 1h;
  life.sources.back()->rate_limit = {{6, 1min}};
  std::vector<std::string> expected = give_events(life.tenants["slow"], 8, noon - 10min);
  const std::string refused = expected[3];
  life.journal->outcome = [&](const Batch& batch) {
    for (const Unit& unit : batch.units) {
      if (std::ranges::find(unit.events, refused, &Event::id) != unit.events.end()) return Outcome::refused;
    }
    return Outcome::committed;
  };
  life.start();
  for (int i = 0; i < 120; ++i) {
    expected.push_back("busy " + std::to_string(i));
    life.tenants["busy"].events.emplace_back(expected.back(), life.now.wall);
    life.live(5s);
  }
  std::erase(expected, refused);
  EXPECT_THAT(life.journal->published, UnorderedElementsAreArray(expected));
  EXPECT_THAT(life.journal->dead, ElementsAre(refused + " refused"));
}

// What has no readable time belongs to no place in the order, so it can't be left for a later transaction.
TEST(Shard, ARefusedRecordIsFoundAmongDeadLettersThatStayWithIt) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  life.tenants["acme"].refusal = answer_with(200,
                                             "{\"audit_logs\":["
                                             "{\"id\":\"a\",\"created_at\":\"2026-11-20T11:50:00Z\"},"
                                             "{\"id\":\"b\",\"created_at\":\"2026-11-20T11:51:00Z\"},"
                                             "{\"id\":\"c\",\"created_at\":\"2026-11-20T11:52:00Z\"},"
                                             "{\"id\":\"x\",\"created_at\":\"at noon\"},"
                                             "{\"id\":\"y\",\"created_at\":\"at noon\"}],"
                                             "\"meta\":{\"next_page_number\":null,\"count\":5}}");
  life.journal->outcome = [](const Batch& batch) {
    for (const Unit& unit : batch.units) {
      if (std::ranges::find(unit.events, "a", &Event::id) != unit.events.end()) return Outcome::refused;
    }
    return Outcome::committed;
  };
  life.start();
  life.live(10min);
  EXPECT_THAT(life.journal->published, ElementsAre("b", "c"));
  EXPECT_THAT(life.journal->dead, ElementsAre("x unreadable_time", "y unreadable_time", "a refused"));
}

TEST(Shard, ABatchDoesNotGrowWhileTheJournalIsBusy) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 300 * 24h;
  give_events(life.tenants["acme"], 5000, noon - 290 * 24h);
  life.add("other").backfill_start_time = noon - 300 * 24h;
  life.limits.batch_events = 100;
  life.start();
  life.live(10min);
  EXPECT_THAT(life.journal->published, SizeIs(5000));
}

// --- end

TEST(Shard, DrainCommitsWhatIsCompleteAndCloses) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  give_events(life.tenants["acme"], 3, noon - 1min);
  life.limits.commit_interval = 1h;
  life.limits.progress_interval = 3h;
  life.start();
  life.live(1min);
  EXPECT_THAT(life.journal->published, IsEmpty()) << "complete, but not committed yet";
  life.shard->drain(life.now);
  life.live(2h);
  EXPECT_TRUE(life.shard->closed());
  EXPECT_THAT(life.journal->published, SizeIs(3));
}

TEST(Shard, DrainEndsInEveryState) {
  {
    ShardLife life;
    life.add("acme");
    life.start();  // opening
    life.shard->drain(life.now);
    life.live(1s);
    EXPECT_TRUE(life.shard->closed());
    EXPECT_THAT(life.journal->batches, IsEmpty());
  }
  {
    ShardLife life;
    life.add("acme");
    life.journal->failing = JournalFailed{{"no broker"}};
    life.start();
    life.turn();  // waiting
    life.shard->drain(life.now);
    life.live(1s);
    EXPECT_TRUE(life.shard->closed());
  }
  {
    ShardLife life;
    life.add("acme");
    life.start();
    life.turn();  // open, the birth on its way
    ASSERT_TRUE(life.journal->busy());
    life.shard->drain(life.now);
    EXPECT_FALSE(life.shard->closed());
    life.live(1s);
    EXPECT_TRUE(life.shard->closed());
    EXPECT_TRUE(life.journal->records.contains("acme"));
  }
}

TEST(Shard, DrainEndsWhereTheLastCommitIsLost) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  give_events(life.tenants["acme"], 3, noon - 1min);
  life.limits.commit_interval = 1min;
  life.start();
  life.live(30s);
  life.journal->outcome = [](const Batch&) { return Outcome::lost; };
  life.shard->drain(life.now);
  life.live(2min);
  EXPECT_TRUE(life.shard->closed());
}

// --- budgets

TEST(Shard, FirstPollsAreSpreadOverTheManyThatBeginTogetherAndStableForEachSource) {
  const auto first_polls = [](std::size_t together) {
    ShardLife life;
    for (int i = 0; i < 20; ++i) life.add("s" + std::to_string(i));
    life.start();
    life.live(1min);  // born
    for (auto& [name, tenant] : life.tenants) tenant.asked_at.clear();
    life.start(together);
    const Steady begin = life.now.steady;
    life.live(29s);
    std::vector<Duration> after;
    for (const auto& [name, tenant] : life.tenants) {
      EXPECT_FALSE(tenant.asked_at.empty()) << name;
      if (!tenant.asked_at.empty()) after.push_back(tenant.asked_at.front() - begin);
    }
    return after;
  };
  EXPECT_LE(std::ranges::max(first_polls(20)), 300ms);
  const std::vector<Duration> spread = first_polls(10'000);
  EXPECT_LE(std::ranges::max(spread), 28s) << "within one poll interval";
  EXPECT_GE(std::ranges::max(spread), 15s);
  EXPECT_GE(std::ranges::count_if(spread, [](Duration after) { return after < 14s; }), 5);
  EXPECT_EQ(first_polls(10'000), spread);
}

TEST(Shard, SourcesOfOneAccountShareItsBudget) {
  ShardLife life;
  for (const char* name : {"one", "two", "three"}) {
    Source& source = life.add(name);
    source.account = "shared";
    source.rate_limit = {{10, 1min}};
    source.poll_interval = 1s;
  }
  life.start();
  life.live(10min);
  std::size_t requests = 0;
  for (const auto& [name, tenant] : life.tenants) {
    requests += tenant.asked_at.size();
    EXPECT_GE(tenant.asked_at.size(), 25u) << name << " has its turn";
  }
  EXPECT_LE(requests, 100u);
}

struct Lending : ShardLife {
  Lending() {
    for (const char* name : {"one", "two"}) {
      Source& source = add(name);
      source.account = "shared";
      source.rate_limit = {{60, 1min}};
      source.poll_interval = 1s;
    }
  }
  std::size_t asked_since(Steady begin) const {
    std::size_t count = 0;
    for (const auto& [name, tenant] : tenants)
      count += static_cast<std::size_t>(
          std::ranges::count_if(tenant.asked_at, [&](Steady at) { return at > begin; }));
    return count;
  }
};

TEST(Shard, LendsRequestsOutOfTheAccountsBudget) {
  Lending life;
  life.start();
  EXPECT_FALSE(life.shard->lend_request("one", life.now)) << "it is not open yet";
  life.live(1min);
  EXPECT_FALSE(life.shard->lend_request("three", life.now));
  std::vector<Steady> sent;
  const Steady begin = life.now.steady;
  // A tool that asks again as soon as it may.
  while (life.now.steady < begin + 5min) {
    const std::optional<Lent> lent = life.shard->lend_request(sent.size() % 2 == 0 ? "one" : "two", life.now);
    ASSERT_TRUE(lent && lent->granted);
    life.live(lent->wait);
    sent.push_back(life.now.steady);
    life.live(1us);
  }
  EXPECT_GE(sent.size(), 75u) << "it has its turn";
  EXPECT_GE(life.asked_since(begin), 75u) << "and so have they";
  for (const auto& [name, tenant] : life.tenants) {
    std::ranges::copy_if(tenant.asked_at, std::back_inserter(sent),
                         [&](Steady asked) { return asked > begin; });
  }
  std::ranges::sort(sent);
  for (std::size_t i = 60; i < sent.size(); ++i) EXPECT_GE(sent[i] - sent[i - 60], 1min) << i;
}

TEST(Shard, LendsOneRequestAtATimeHoweverOftenItIsAsked) {
  Lending life;
  life.start();
  life.live(1min);
  int granted = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::optional<Lent> lent = life.shard->lend_request("one", life.now);
    ASSERT_TRUE(lent);
    granted += lent->granted ? 1 : 0;
    EXPECT_LT(lent->wait, 3s);
  }
  EXPECT_LE(granted, 2);
  const Steady begin = life.now.steady;
  life.live(1min);
  EXPECT_GE(life.asked_since(begin), 55u) << "polling goes on";
}

TEST(Shard, TellsHowLongEachRequestHasWaitedForItsTurn) {
  ShardLife life;
  for (const char* name : {"one", "two"}) {
    Source& source = life.add(name);
    source.account = "shared";
    source.rate_limit = {{1, 1min}};
  }
  life.start();
  life.live(2min);
  const Duration pace = std::chrono::duration_cast<Duration>(60s / 0.98);
  ASSERT_GE(life.observer.waits.size(), 2u);
  EXPECT_EQ(life.observer.waits[0], 0s);
  EXPECT_NEAR(static_cast<double>(life.observer.waits[1].count()), static_cast<double>(pace.count()), 20'000)
      << "the second begins with the first, but for the spread";
}

TEST(Shard, TellsHowEachTransactionEnded) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  give_events(life.tenants["acme"], 1, noon - 1min);
  std::vector<Outcome> outcomes{Outcome::lost, Outcome::fenced};
  life.journal->outcome = [&](const Batch& batch) {
    if (batch.events == 0 || outcomes.empty()) return Outcome::committed;
    const Outcome outcome = outcomes.back();
    outcomes.pop_back();
    return outcome;
  };
  life.start();
  life.live(20s);
  EXPECT_EQ(life.observer.transactions,
            (std::map<Outcome, int>{
                {Outcome::committed, life.observer.commits}, {Outcome::fenced, 1}, {Outcome::lost, 1}}));
  EXPECT_EQ(static_cast<int>(life.journal->batches.size()), life.observer.commits + 2);
}

TEST(Shard, AThrottledAccountIsSilentAndNoOther) {
  ShardLife life;
  life.add("one").account = "shared";
  life.add("two").account = "shared";
  life.add("other");
  life.start();
  life.live(2min);
  life.tenants["one"].refusal = answer_with(429, "{}", {{"retry-after", "600"}});
  life.live(1min);
  for (auto& [name, tenant] : life.tenants) tenant.asked_at.clear();
  life.live(8min);
  EXPECT_THAT(life.tenants["one"].asked_at, IsEmpty());
  EXPECT_THAT(life.tenants["two"].asked_at, IsEmpty());
  EXPECT_GE(life.tenants["other"].asked_at.size(), 15u);
}

TEST(Shard, ABudgetOutlivesTheReopening) {
  ShardLife life;
  Source& source = life.add("acme");
  source.rate_limit = {{2, 1min}};
  source.backfill_start_time = noon - 30min;
  give_events(life.tenants["acme"], 3, noon - 1min);
  life.journal->outcome = [](const Batch& batch) {
    return batch.events > 0 ? Outcome::lost : Outcome::committed;
  };
  life.start();
  life.live(10min);
  EXPECT_GE(life.journal->opens, 3);
  EXPECT_LE(life.tenants["acme"].asked_at.size(), 20u);
}

TEST(Shard, ASilenceThatTheVendorAskedForOutlivesTheReopening) {
  ShardLife life;
  life.add("acme");
  life.start();
  life.live(1s);
  life.shard->on_mark(life.journal->mark(), life.now);
  life.tenants["acme"].refusal = answer_with(429, "{}", {{"retry-after", "600"}});
  life.live(1min);
  std::vector<Steady>& asked_at = life.tenants["acme"].asked_at;
  asked_at.clear();
  life.shard->on_mark("somebody else", life.now);
  life.live(8min);
  EXPECT_EQ(life.journal->opens, 2);
  EXPECT_THAT(asked_at, IsEmpty());
  life.live(2min);
  EXPECT_THAT(asked_at, SizeIs(1));
}

TEST(Shard, TheLastRequestOfAPredecessorCountsInTheBudget) {
  ShardLife life;
  life.add("acme").rate_limit = {{2, 1min}};
  life.start();
  life.live(1s);
  std::vector<Steady>& asked_at = life.tenants["acme"].asked_at;
  ASSERT_THAT(asked_at, SizeIs(1));
  const Steady opened = life.now.steady;
  life.start();
  life.live(1min);
  ASSERT_THAT(asked_at, SizeIs(2));
  EXPECT_GE(asked_at.back() - opened, 30s);
}

TEST(Shard, APredecessorHasSentOneLastRequestHoweverManySourcesShareTheAccount) {
  ShardLife life;
  for (int i = 0; i < 20; ++i) {
    Source& source = life.add("s" + std::to_string(i));
    source.account = "shared";
    source.rate_limit = {{60, 1min}};
  }
  life.start();
  life.live(1min);
  for (auto& [name, tenant] : life.tenants) tenant.asked_at.clear();
  life.start();
  life.live(5s);
  EXPECT_TRUE(
      std::ranges::any_of(life.tenants, [](const auto& entry) { return !entry.second.asked_at.empty(); }));
}

// A kill right afterwards must not bring the beginning in the future back.
TEST(Shard, ABeginningThatAFastClockPutIntoTheFutureIsMendedInKafkaAtOnce) {
  ShardLife life;
  life.add("acme");
  life.now.wall = noon + 365 * 24h;
  life.start();
  for (int second = 10; second < 40; ++second) {
    life.tenants["acme"].refusal =
        answer_with(200, R"({"audit_logs":[],"meta":{"next_page_number":null,"count":0}})",
                    {{"date", "Fri, 20 Nov 2026 12:00:" + std::to_string(second) + " GMT"}});
    life.live(1s);
  }
  EXPECT_LE(decode_cursor(life.journal->records.at("acme"))->cursor.since, noon + 1min);
}

// Somebody has deleted records of the offsets topic.
TEST(Shard, ACursorWhoseIdsHaveGoneStopsItsSourceUntilItIsSet) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  give_events(life.tenants["acme"], 60, noon - 2min);
  life.start();
  life.live(1min);
  ASSERT_THAT(life.journal->published, SizeIs(60));
  ASSERT_EQ(life.journal->records.erase("acme/seen/0"), 1u);
  life.start();
  life.live(1min);
  EXPECT_EQ(life.state("acme"), "stopped");
  EXPECT_THAT(life.status("acme").error, HasSubstr("run auditstream cursors set acme --to 20"));
  EXPECT_THAT(life.journal->published, SizeIs(60));
}

// A foreign writer, or a clock that was wrong when something had been published already.
TEST(Shard, ACursorInTheFutureStopsItsSourceWithWords) {
  ShardLife life;
  life.add("acme");
  life.tenants["acme"].events.emplace_back("a", noon + 1s);
  life.start();
  life.live(1min);
  ASSERT_THAT(life.journal->published, ElementsAre("a"));
  life.now.wall -= 24h;
  life.start();
  life.journal->ahead_of_broker = -24h;
  life.live(1s);
  EXPECT_NE(life.state("acme"), "stopped") << "it is our clock that is behind, and Kafka's tells";
  life.start();
  life.journal->ahead_of_broker = 0s;
  life.live(1s);
  EXPECT_EQ(life.state("acme"), "stopped");
  EXPECT_THAT(life.status("acme").error, HasSubstr("cursors set acme --to T"));
}

TEST(Shard, ACursorInTheFutureStopsItsSourceWhereKafkaTellsNoTimeToo) {
  ShardLife life;
  life.add("acme");
  life.tenants["acme"].events.emplace_back("a", noon + 1s);
  life.start();
  life.live(1min);
  life.now.wall -= 23h;
  life.start();
  life.live(1s);
  EXPECT_NE(life.state("acme"), "stopped") << "a clock may be that far behind";
  life.now.wall -= 2h;
  life.start();
  life.live(1s);
  EXPECT_EQ(life.state("acme"), "stopped");
}

// The beginning is mended as long as nothing is out; whatever can't be mended has to stop.
TEST(Shard, AFirstCursorInTheFutureIsMendedOrStops) {
  struct Case {
    const char* of;
    Time since, floor;
    std::optional<Time> backfill_start_time;
    bool stops;
  };
  const Time later = noon + 24h * 365;
  for (const Case& each :
       {Case{"a fast clock", later, later, {}, false}, Case{"another's floor", noon - 1h, later, {}, true},
        Case{"a backfill of the config's", later, later, noon - 1h, true}}) {
    ShardLife life;
    life.add("acme");
    life.start();
    life.live(1s);
    Result<DecodedCursor> decoded = decode_cursor(life.journal->records["acme"]);
    Cursor cursor = decoded->cursor;
    cursor.since = cursor.watermark = each.since;
    cursor.floor = Position{each.floor, ""};
    life.journal->records["acme"] = encode_cursor(cursor, decoded->open);
    auto next = std::make_shared<Source>(*life.sources[0]);
    next->backfill_start_time = each.backfill_start_time;
    life.sources[0] = next;
    life.start();
    life.journal->ahead_of_broker = 0s;
    life.live(1min);
    EXPECT_EQ(life.state("acme") == "stopped", each.stops) << each.of;
    if (each.stops) continue;
    EXPECT_LE(decode_cursor(life.journal->records["acme"])->cursor.since, life.now.wall) << each.of;
  }
}

// --- ownership

TEST(Shard, LeavesWhoeverFencedItAloneForASecond) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  give_events(life.tenants["acme"], 3, noon - 1min);
  bool fenced = false;
  life.journal->outcome = [&](const Batch& batch) {
    if (batch.events == 0 || fenced) return Outcome::committed;
    fenced = true;
    return Outcome::fenced;
  };
  life.start();
  life.live(900ms);
  EXPECT_TRUE(fenced);
  EXPECT_EQ(life.journal->opens, 1);
  life.live(5s);
  EXPECT_EQ(life.journal->opens, 2);
  EXPECT_THAT(life.journal->published, SizeIs(3));
}

TEST(Shard, AQuietOwnerLearnsFromTheLogThatItWasFenced) {
  ShardLife life;
  life.add("acme");
  life.start();
  life.shard->on_mark("somebody before us", life.now);
  life.live(1s);
  life.shard->on_mark(life.journal->mark(), life.now);
  life.live(5s);
  EXPECT_EQ(life.journal->opens, 1) << "history and our own mark say nothing";
  life.shard->on_mark("somebody else", life.now);
  EXPECT_EQ(life.times_said("shard_taken"), 1u);
  EXPECT_FALSE(life.shard->open());
  life.live(6s);
  EXPECT_EQ(life.journal->opens, 2);
  life.shard->on_mark(life.journal->mark(), life.now);
  life.live(5s);
  EXPECT_EQ(life.journal->opens, 2);
}

TEST(Shard, MarksThatComeBeforeItKnowsItsOwnAreNotForgotten) {
  ShardLife life;
  life.add("acme");
  life.start();
  life.shard->on_mark(life.journal->mark(), life.now);
  life.shard->on_mark("somebody else", life.now);
  life.live(500ms);
  EXPECT_EQ(life.times_said("shard_taken"), 1u);
}

TEST(Shard, AnAbandonedOneCommitsNothingMore) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  give_events(life.tenants["acme"], 3, noon - 1min);
  life.answering = false;
  life.start();
  life.live(1s);
  const std::size_t before = life.journal->batches.size();
  life.answering = true;
  life.shard->abandon(life.now);
  life.live(1s);
  EXPECT_TRUE(life.shard->closed());
  EXPECT_EQ(life.journal->batches.size(), before);
  EXPECT_THAT(life.journal->published, IsEmpty());
}

TEST(Shard, ALogThatWasCutIsNamedAndTheBatchCounts) {
  ShardLife life;
  life.add("acme").backfill_start_time = noon - 1h;
  give_events(life.tenants["acme"], 3, noon - 10min);
  life.start();
  life.journal->truncated = {{"audit.acme", 2, 120, 95}};
  life.live(1min);
  EXPECT_EQ(life.times_said(
                "log_truncated: partition 2 of topic audit.acme was cut: offset 120 was acknowledged, and "
                "now a record was written at 95"),
            1u);
  EXPECT_THAT(life.journal->published, SizeIs(3));
  EXPECT_EQ(life.state("acme"), "resting");
}

// Sources that have nothing new would begin anew, or publish again what only the lost records knew.
TEST(Shard, CursorsThatKafkaHasLostAreWrittenAgain) {
  ShardLife life;
  for (const char* name : {"busy", "quiet"}) life.add(name).backfill_start_time = noon - 50min;
  give_events(life.tenants["quiet"], 40, noon - 10min);  // more than a cursor's own record holds
  life.start();
  life.live(5min);
  const RecordMap before = life.journal->records;
  ASSERT_THAT(before, Contains(Key(StartsWith("quiet/seen/"))));
  life.journal->records.clear();
  life.journal->truncated = {{"auditstream-offsets", 3, 120, 95, true}};
  life.tenants["busy"].events.emplace_back("now", life.now.wall);
  life.live(1min);
  EXPECT_EQ(life.times_said("the cursors of all sources that this instance polls there are written again"),
            1u);
  for (const auto& [key, value] : before) {
    if (!key.starts_with("quiet/")) continue;
    EXPECT_THAT(life.journal->records, Contains(Pair(key, value)));
  }
  EXPECT_THAT(life.journal->records, Contains(Key("quiet")));
  life.start();
  life.live(5min);
  EXPECT_THAT(life.journal->published, SizeIs(41));
}

// --- heartbeats

TEST(ShardHeartbeats, AreAnUnbrokenSeriesOfEachSource) {
  ShardLife life;
  life.add("busy").backfill_start_time = noon - 48h;
  life.add("quiet");
  life.add("off").enabled = false;
  life.tenants["busy"].events = {{"one", noon - 30h}, {"two", noon - 29h}};
  life.world.heartbeats = HeartbeatSeries{"audit.heartbeat", 30s};
  life.start();
  life.live(10min + 1s);
  std::map<std::string, std::vector<Heartbeat>> series;
  for (const auto& [source, heartbeat] : life.journal->heartbeats) series[source].push_back(heartbeat);
  EXPECT_THAT(series, UnorderedElementsAre(Pair("busy", SizeIs(20)), Pair("quiet", SizeIs(20))));
  EXPECT_EQ(series["busy"].back().seq, 2u);
  EXPECT_EQ(series["busy"].back().topic, "audit.heartbeat");
  EXPECT_GT(series["busy"].back().complete_until, noon - 29h) << "everything of then is in Kafka";
  EXPECT_EQ(series["quiet"].back().since, noon);
}

TEST(ShardHeartbeats, HoldUpNothingWhereTheirTopicIsDenied) {
  ShardLife life;
  life.add("a");
  life.world.heartbeats = HeartbeatSeries{"audit.heartbeat", 1s};
  life.journal->denied = {"audit.heartbeat"};
  life.start();
  for (int minute = 0; minute < 30; ++minute) {
    life.tenants["a"].events.emplace_back(std::to_string(minute), life.now.wall);
    life.live(1min);
  }
  EXPECT_THAT(life.journal->published, SizeIs(30));
  EXPECT_EQ(life.times_said("no_heartbeats: Kafka denies audit.heartbeat"), 1u);
  EXPECT_LE(life.journal->opens, 15) << "each try forces the shard to open again";
  EXPECT_THAT(life.journal->heartbeats, IsEmpty());

  life.journal->denied.clear();
  life.live(6min);
  EXPECT_EQ(life.times_said("recovered: heartbeats are published again"), 1u);
  EXPECT_THAT(life.journal->heartbeats, SizeIs(Gt(30)));
}

// --- events that appear later than the overlap allows

TEST(Late, EventsAreDeadLettersOnce) {
  ShardLife life;
  life.add("acme").overlap = 10min;
  Tenant& tenant = life.tenants["acme"];
  life.start();
  tenant.shows_more = true;
  tenant.events = {{"a", noon + 10s}, {"before", noon - 1h}};
  life.live(1min);
  life.live(20min);
  for (const char* id : {"b", "b2", "b3", "b4"}) tenant.events.emplace_back(id, life.now.wall);
  life.live(1min);
  ASSERT_THAT(life.journal->published, ElementsAre("a", "b", "b2", "b3", "b4"));
  tenant.events.emplace_back("c", noon + 5min);
  life.live(10min);
  EXPECT_THAT(life.journal->dead, ElementsAre("c late"));
  EXPECT_THAT(life.journal->published, SizeIs(5));
  EXPECT_EQ(life.times_said("dead_letter_late"), 1u);
  EXPECT_EQ(life.times_said("overlap: 19m would have caught it, and this source has 10m"), 1u);
  life.start();
  life.live(10min);
  EXPECT_THAT(life.journal->dead, SizeIs(1)) << "the next process can't tell it from one that was published";
}

// --- the present and the past side by side

struct LongPast : ShardLife {
  explicit LongPast(RateSpec rate = {1000, 1min}) {
    Source& source = add("acme");
    source.backfill_start_time = noon - 30 * 24h;
    source.history_alongside = true;
    source.rate_limit = {rate};
    for (int day = 29; day >= 1; --day)
      tenants["acme"].events.emplace_back("day" + std::to_string(day), noon - day * 24h + 1h);
  }
  Cursor cursor() { return decode_cursor(journal->records.at("acme"))->cursor; }
};

TEST(History, NeverDelaysThePresent) {
  LongPast life({3, 1min});  // three requests a minute, polls take two of them
  life.start();
  life.live(1min);
  ASSERT_TRUE(life.cursor().history);
  EXPECT_EQ(life.cursor().history->until, noon);
  for (int minute = 0; minute < 5; ++minute) {
    const std::string id = "now" + std::to_string(minute);
    life.tenants["acme"].events.emplace_back(id, life.now.wall);
    life.live(1min);
    EXPECT_THAT(life.journal->published, Contains(id));
    EXPECT_GT(life.cursor().watermark, noon);
    EXPECT_TRUE(life.cursor().history) << "it is not so far";
  }
}

TEST(History, EndsWhereThePresentBeganAndNothingComesTwice) {
  LongPast life;
  life.start();
  life.live(1min);
  life.tenants["acme"].events.emplace_back("late at the border", noon - 1s);
  life.tenants["acme"].events.emplace_back("now", life.now.wall);
  life.live(30min);
  EXPECT_FALSE(life.cursor().history);
  EXPECT_THAT(life.journal->published, SizeIs(29 + 2));
  EXPECT_THAT(std::set<std::string>(life.journal->published.begin(), life.journal->published.end()),
              SizeIs(29 + 2));
  const std::size_t asked = life.tenants["acme"].asked_at.size();
  life.live(10min);
  EXPECT_LE(life.tenants["acme"].asked_at.size() - asked, 21u) << "only one of them is read";
}

TEST(History, IsOneWithThePresentOfAQuietVendorAsSoonAsItHasBeenRead) {
  LongPast life;
  life.start();
  life.live(2min);
  EXPECT_FALSE(life.cursor().history);
  EXPECT_EQ(life.cursor().watermark, noon - 24h + 1h) << "what the vendor has shown";
  EXPECT_LT(life.cursor().floor.time, life.cursor().watermark);
  EXPECT_EQ(life.status("acme").activity, Activity::resting);
  const std::size_t asked = life.tenants["acme"].asked_at.size();
  life.live(10min);
  EXPECT_LE(life.tenants["acme"].asked_at.size() - asked, 21u) << "only one of them is read";
  life.tenants["acme"].events.emplace_back("an ingest had stalled", noon - 20h);
  life.live(1min);
  EXPECT_THAT(life.journal->published, SizeIs(29 + 1));
}

TEST(History, OfAVendorWithoutEventsIsToldApartOnce) {
  ShardLife life;
  Source& source = life.add("acme");
  source.history_alongside = true;
  source.backfill_start_time = noon - 5h;
  life.start();
  life.live(5min);
  const std::size_t asked = life.tenants["acme"].asked_at.size();
  life.live(10min);
  EXPECT_LE(life.tenants["acme"].asked_at.size() - asked, 21u);
  EXPECT_FALSE(decode_cursor(life.journal->records.at("acme"))->cursor.history);
}

// A present that has its beginning at the border proves nothing of what lies before.
TEST(History, ThatIsOneWithThePresentVoidsWhatThatWasReading) {
  LongPast life;
  life.holds = [](const std::string& url) { return !Tenant::is_of_the_past(url); };
  life.start();
  life.live(5min);
  ASSERT_FALSE(life.cursor().history);
  ASSERT_THAT(life.held, SizeIs(Gt(0)));
  Tenant& tenant = life.tenants["acme"];
  life.live(15min);
  tenant.events.emplace_back("late", noon - 1s);
  tenant.events.emplace_back("now", life.now.wall);
  EXPECT_FALSE(life.shard->on_response(life.held.front().first, tenant.answer(), life.now));
  life.holds = nullptr;
  EXPECT_TRUE(life.shard->on_response(life.held.back().first, tenant.answer(), life.now));
  life.live(5min);
  EXPECT_THAT(life.journal->published, SizeIs(29 + 2));
}

// What the present has seen since proves nothing for a request that was on its way before.
TEST(History, IsNotOverByWhatWasSeenAfterItWasAskedFor) {
  ShardLife life;
  Source& source = life.add("acme");
  source.history_alongside = true;
  source.backfill_start_time = noon - 70min;
  Tenant& tenant = life.tenants["acme"];
  life.holds = Tenant::is_of_the_past;
  const auto cursor = [&life] { return decode_cursor(life.journal->records.at("acme"))->cursor; };
  life.start();
  life.live(1min);
  ASSERT_THAT(life.held, SizeIs(1)) << "the first answer tells what time it is at the vendor's";
  EXPECT_TRUE(life.shard->on_response(std::exchange(life.held, {}).front().first, tenant.answer(), life.now));
  life.live(1min);
  ASSERT_TRUE(cursor().history);
  while (life.held.size() < 2) {
    ASSERT_THAT(life.held, SizeIs(1));
    EXPECT_TRUE(life.shard->on_response(life.held.back().first, tenant.answer(), life.now));
    life.live(1min);
  }
  life.live(15min);
  tenant.events.emplace_back("now", life.now.wall);
  life.live(1min);
  ASSERT_GT(cursor().floor.time, noon) << "the present has begun to forget";
  const http::Response before = tenant.answer();
  tenant.events.emplace_back("late", noon - 1s);
  ASSERT_TRUE(life.shard->on_response(life.held.back().first, before, life.now));
  life.holds = nullptr;
  life.shard->step(life.now);
  EXPECT_TRUE(cursor().history);
  life.live(5min);
  EXPECT_THAT(life.journal->published, UnorderedElementsAre("now", "late"));
  EXPECT_FALSE(cursor().history);
}

TEST(History, TellsItsEventsFromThoseOfThePresent) {
  LongPast life;
  life.tenants["acme"].events.emplace_back("now", noon + 1s);
  life.start();
  life.live(5min);
  for (const auto& batch : life.journal->batches) {
    for (const Unit& unit : batch->units) {
      for (const Event& event : unit.events) EXPECT_EQ(unit.backfill, event.id != "now") << event.id;
    }
  }
  EXPECT_THAT(life.journal->published, SizeIs(30));
}

TEST(History, GoesOnInTheNextProcess) {
  LongPast life({6, 1min});
  life.start();
  life.live(2min);
  ASSERT_TRUE(life.cursor().history);
  const Position reached = life.cursor().history->floor;
  life.start();
  life.live(2min);
  ASSERT_TRUE(life.cursor().history);
  EXPECT_EQ(life.cursor().history->until, noon);
  EXPECT_GT(life.cursor().history->floor, reached);
}

TEST(History, WaitsWhileThePresentFails) {
  LongPast life({6, 1min});
  life.start();
  life.live(2min);
  ASSERT_TRUE(life.cursor().history);
  Tenant& tenant = life.tenants["acme"];
  tenant.refusal = answer_with(401, "");
  life.live(1min);
  tenant.urls.clear();
  life.live(10min);
  EXPECT_THAT(tenant.urls, SizeIs(Le(10))) << "one request a minute: a vendor may lock the account";
  EXPECT_THAT(tenant.urls, Not(Contains(ResultOf(Tenant::is_of_the_past, true))));
  EXPECT_TRUE(life.cursor().last_error);
  tenant.refusal.reset();
  const Position reached = life.cursor().history->floor;
  life.live(10min);
  EXPECT_FALSE(life.cursor().last_error);
  EXPECT_TRUE(!life.cursor().history || life.cursor().history->floor > reached);
  EXPECT_THAT(tenant.urls, Contains(ResultOf(Tenant::is_of_the_past, true))) << "it goes on";
}

TEST(History, GoesOnWhereOnlyTheNewestPartOfTheLogCantBeRead) {
  LongPast life;
  life.start();
  life.tenants["acme"].refusal_of_the_present = answer_with(200, "{");
  life.live(10min);
  EXPECT_TRUE(life.cursor().last_error);
  EXPECT_THAT(life.journal->published, SizeIs(29));
}

TEST(History, ThatFailsAloneDelaysNothingAndIsToldInTheCursor) {
  LongPast life({6, 1min});
  Tenant& tenant = life.tenants["acme"];
  life.start();
  life.live(1min);
  tenant.refusal_of_the_past = answer_with(403, "");
  life.live(2min);
  for (const char* id : {"a", "b"}) {
    tenant.events.emplace_back(id, life.now.wall);
    life.live(1min);
    EXPECT_THAT(life.journal->published, Contains(id));
    ASSERT_TRUE(life.cursor().history);
    ASSERT_TRUE(life.cursor().history->last_error);
    EXPECT_EQ(life.cursor().history->last_error->status, 403);
    EXPECT_FALSE(life.cursor().last_error);
    EXPECT_EQ(life.status("acme").error_status, 403);
    life.start();  // the next process knows it, too
  }
  tenant.refusal_of_the_past.reset();
  life.live(10min);
  EXPECT_FALSE(life.cursor().history && life.cursor().history->last_error);
  EXPECT_EQ(life.status("acme").error, "");
}

TEST(History, ASourceThatFallsBehindReadsWhatItHasMissedBesideThePresent) {
  ShardLife life;
  Source& source = life.add("acme");
  source.history_alongside = true;
  source.rate_limit = {{2, 1min}};
  life.start();
  life.live(1min);
  life.pass(40 * 24h);
  life.start();
  life.tenants["acme"].events.emplace_back("missed", noon + 24h);
  life.live(3min);
  life.tenants["acme"].events.emplace_back("now", life.now.wall);
  life.live(2min);
  const Cursor cursor = decode_cursor(life.journal->records.at("acme"))->cursor;
  ASSERT_TRUE(cursor.history);
  EXPECT_THAT(life.journal->published, Contains("now"));
  life.live(90min);
  EXPECT_THAT(life.journal->published, UnorderedElementsAre("missed", "now"));
}

TEST(History, AShortPastIsReadFirst) {
  for (const Duration past : {Duration{1s}, Duration{50min}}) {
    ShardLife life;
    Source& source = life.add("acme");
    source.history_alongside = true;
    source.backfill_start_time = noon - past;
    life.tenants["acme"].events = {{"a", noon - past}, {"b", noon}};
    life.start();
    life.live(5min);
    EXPECT_FALSE(decode_cursor(life.journal->records.at("acme"))->cursor.history);
    EXPECT_THAT(life.journal->published, ElementsAre("a", "b"));
  }
}

TEST(History, IsReadFirstWhereOneOrderIsWanted) {
  LongPast life;
  life.sources.front()->history_alongside = false;
  life.start();
  life.live(5min);
  EXPECT_FALSE(life.cursor().history);
  EXPECT_THAT(life.journal->published, SizeIs(29));
}

}  // namespace
}  // namespace auditstream::core
