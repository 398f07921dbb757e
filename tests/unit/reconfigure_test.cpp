// The config changes while a shard is at work: sources come, go and change, and the others notice nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/shard_life.h"

namespace auditstream::core {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Reconfigured : public ::testing::Test {
 protected:
  Reconfigured() {
    life.add("acme");
    life.add("other");
    life.start();
    life.live(1min);
  }

  // Another object for the source of that name, to be changed.
  Source& anew(const std::string& name) {
    for (auto& source : life.sources) {
      if (source->name != name) continue;
      source = std::make_shared<Source>(*source);
      return *source;
    }
    return life.add(name);
  }
  std::shared_ptr<Source> take_out(const std::string& name) {
    const auto found =
        std::ranges::find_if(life.sources, [&](const auto& source) { return source->name == name; });
    std::shared_ptr<Source> source = *found;
    life.sources.erase(found);
    return source;
  }
  void reconfigure() { life.shard->reconfigure({life.sources.begin(), life.sources.end()}, life.now); }
  void event(const std::string& source, const std::string& id) {
    life.tenants[source].events.emplace_back(id, life.now.wall);
  }
  std::size_t asked(const std::string& source) { return life.tenants[source].asked_at.size(); }

  ShardLife life;
};

TEST_F(Reconfigured, OthersKeepTheirRequestsAndTheirRhythm) {
  life.answering = false;
  life.live(31s);
  ASSERT_THAT(life.client.waiting, SizeIs(2));
  anew("acme").page_size = 100;
  reconfigure();
  EXPECT_THAT(life.client.cancelled, SizeIs(1)) << "acme's";
  life.answering = true;
  const std::vector<Steady>& asked_at = life.tenants["other"].asked_at;
  const Steady first = asked_at.front();
  life.live(1s);
  life.tenants["other"].asked_at.clear();
  life.live(5min);
  ASSERT_THAT(asked_at, SizeIs(10));
  for (const Steady moment : asked_at) EXPECT_EQ((moment - first) % 30s, 0s);
}

TEST_F(Reconfigured, AChangedSourceGoesOnFromWhereItStands) {
  event("acme", "e1");
  life.live(1min);
  ASSERT_THAT(life.journal->published, ElementsAre("e1"));
  event("acme", "e2");
  anew("acme").overlap = 20min;
  reconfigure();
  life.live(1s);
  EXPECT_THAT(life.journal->published, ElementsAre("e1", "e2")) << "at once, and nothing twice";
  life.live(10min);
  EXPECT_THAT(life.journal->published, ElementsAre("e1", "e2"));
}

TEST_F(Reconfigured, WhatIsOnItsWayToKafkaStaysGiven) {
  event("acme", "e1");
  // Stops as soon as the batch is with the journal.
  while (life.journal->batches.back()->events == 0) {
    if (life.journal->busy()) {
      life.shard->on_journal(life.journal->take_event(), life.now);
    } else if (!life.client.waiting.empty()) {
      auto [id, request] = std::move(life.client.waiting.front());
      life.client.waiting.pop_front();
      life.shard->on_response(id, life.tenants[request.url.substr(8, request.url.find('.') - 8)].answer(),
                              life.now);
      life.shard->step(life.now);
    } else {
      life.pass(std::max<Duration>(life.shard->wake_at() - life.now.steady, Duration{0}));
      life.shard->step(life.now);
    }
  }
  anew("acme").overlap = 20min;
  reconfigure();
  life.live(10min);
  EXPECT_THAT(life.journal->published, ElementsAre("e1"));
}

TEST_F(Reconfigured, ANewSourceIsBornAndPolled) {
  event("new", "e1");
  anew("new").backfill_start_time = noon;
  reconfigure();
  life.live(1min);
  EXPECT_THAT(life.journal->published, ElementsAre("e1"));
  EXPECT_TRUE(life.journal->records.contains("new"));
}

TEST_F(Reconfigured, ASourceThatLeavesIsAskedNoMoreAndKeepsItsCursor) {
  event("acme", "e1");
  life.live(1min);
  const auto source = take_out("acme");
  reconfigure();
  const std::size_t asked_before = asked("acme");
  event("acme", "e2");
  life.live(1h);
  EXPECT_EQ(asked("acme"), asked_before);
  EXPECT_TRUE(life.journal->records.contains("acme"));
  EXPECT_EQ(life.state("acme"), "") << "it is nobody's any more";
  EXPECT_THAT(life.journal->published, ElementsAre("e1"));

  life.sources.push_back(source);
  reconfigure();
  life.live(1min);
  EXPECT_THAT(life.journal->published, ElementsAre("e1", "e2")) << "back again, from where it stood";
}

TEST_F(Reconfigured, WhatASourceThatLeavesHadAskedIsCancelled) {
  life.answering = false;
  life.live(31s);
  ASSERT_THAT(life.client.waiting, SizeIs(2));
  take_out("acme");
  reconfigure();
  ASSERT_THAT(life.client.waiting, SizeIs(1));
  EXPECT_THAT(life.client.waiting.front().second.url, HasSubstr("other"));
}

TEST_F(Reconfigured, ASourceThatLeavesBeforeItsFirstCommitLeavesNothing) {
  anew("first");
  reconfigure();
  ASSERT_TRUE(life.journal->busy()) << "with the first one's birth";
  anew("second");
  reconfigure();
  take_out("second");
  reconfigure();
  life.live(1h);
  EXPECT_TRUE(life.journal->records.contains("first"));
  EXPECT_FALSE(life.journal->records.contains("second"));
}

TEST_F(Reconfigured, DisablingStopsAndEnablingGoesOn) {
  event("acme", "e1");
  life.live(1min);
  anew("acme").enabled = false;
  reconfigure();
  event("acme", "e2");
  life.live(10min);
  EXPECT_EQ(life.state("acme"), "stopped");
  EXPECT_THAT(life.journal->published, ElementsAre("e1"));
  anew("acme").enabled = true;
  reconfigure();
  life.live(1min);
  EXPECT_THAT(life.journal->published, ElementsAre("e1", "e2"));
}

TEST_F(Reconfigured, ASourceThatWasDisabledFromTheStartFindsItsCursor) {
  event("acme", "e1");
  life.live(1min);
  anew("acme").enabled = false;
  life.start();
  life.live(1min);
  anew("acme").enabled = true;
  event("acme", "e2");
  reconfigure();
  life.live(1min);
  EXPECT_THAT(life.journal->published, ElementsAre("e1", "e2"));
}

TEST_F(Reconfigured, ACursorWithoutSourceIsThereWhenTheSourceComes) {
  event("acme", "e1");
  life.live(1min);
  const auto source = take_out("acme");
  life.start();
  life.live(1min);
  life.sources.push_back(source);
  event("acme", "e2");
  reconfigure();
  life.live(1min);
  EXPECT_THAT(life.journal->published, ElementsAre("e1", "e2"));
}

TEST_F(Reconfigured, AChangedOriginStopsTheSourceAndChangingItBackGoesOn) {
  event("acme", "e1");
  life.live(1min);
  anew("acme").origin = "another";
  reconfigure();
  EXPECT_EQ(life.state("acme"), "stopped");
  EXPECT_THAT(life.status("acme").error, HasSubstr("belongs to another log"));
  anew("acme").origin = "origin";
  event("acme", "e2");
  reconfigure();
  life.live(1min);
  EXPECT_THAT(life.journal->published, ElementsAre("e1", "e2"));
}

TEST_F(Reconfigured, AChangedBudgetHoldsFromThenOn) {
  anew("acme").rate_limit = {{6, 1min}};
  life.sources[0]->poll_interval = 1s;
  reconfigure();
  life.tenants["acme"].asked_at.clear();
  life.live(10min);
  EXPECT_LE(asked("acme"), 60u);
  EXPECT_GE(asked("acme"), 55u);
}

TEST_F(Reconfigured, WhileTheJournalIsNotOpenTheNextOpeningTakesTheNewSources) {
  life.journal->failing = JournalFailed{{"no broker"}};
  life.start();
  life.live(1s);
  take_out("other");
  anew("new");
  reconfigure();
  life.journal->failing.reset();
  life.live(1min);
  EXPECT_EQ(life.state("other"), "");
  EXPECT_EQ(life.state("new"), "resting");
}

TEST_F(Reconfigured, TwiceTheSameChangesNothing) {
  anew("acme").page_size = 100;
  reconfigure();
  life.live(1min);
  life.client.cancelled.clear();
  const std::size_t asked_before = asked("acme");
  reconfigure();
  EXPECT_THAT(life.client.cancelled, IsEmpty());
  EXPECT_EQ(asked("acme"), asked_before);
}

TEST_F(Reconfigured, ASourceThatWaitsForItsCursorToLeaveAnotherPartitionBegins) {
  life.world.cursors["new"][7] = "old";
  anew("new");
  reconfigure();
  life.live(1min);
  EXPECT_EQ(life.state("new"), "stopped");
  life.world.cursors.erase("new");
  life.shard->begin_source("new", life.now);
  life.live(1min);
  EXPECT_EQ(life.state("new"), "resting");
}

// As cursors move does it; that the cursor lies elsewhere now may be known only later.
TEST_F(Reconfigured, ASourceWhoseCursorHasGoneIsNotBegunAnew) {
  event("acme", "e1");
  life.live(1min);
  life.journal->records.clear();
  life.shard->on_mark(life.journal->mark(), life.now);
  life.shard->on_mark("a tool's", life.now);
  event("acme", "e2");
  life.live(1min);
  EXPECT_EQ(life.state("acme"), "stopped");
  EXPECT_EQ(life.times_said("the cursor of acme is no longer in partition 3"), 1u);
  EXPECT_THAT(life.journal->published, ElementsAre("e1"));
}

TEST_F(Reconfigured, ASourceThatHadLeftBeginsAnewWhereItsCursorHasGone) {
  const std::shared_ptr<Source> acme = take_out("acme");
  reconfigure();
  life.live(1min);
  life.journal->records.clear();
  life.sources = {acme};
  life.shard->on_mark(life.journal->mark(), life.now);
  life.shard->on_mark("a tool's", life.now);
  reconfigure();
  life.live(1min);
  EXPECT_EQ(life.state("acme"), "resting");
}

}  // namespace
}  // namespace auditstream::core
