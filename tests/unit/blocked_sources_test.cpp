// Who waits for a topic that takes nothing, and whose turn it is.
#include "core/blocked_sources.h"

#include <gtest/gtest.h>

namespace auditstream::core {
namespace {

constexpr Duration first = 15s, most = 5min;

struct Waiting {
  BlockedSources sources{first, most};
  Now now{Time{}, Steady{1h}};

  void hold(const std::string& source, const std::string& topic = "t") {
    sources.hold(source, topic, "it is gone", now);
  }
  void pass(Duration time) {
    now.wall += time;
    now.steady += time;
  }
};

TEST(HeldSources, WhoIsNotHeldIsAdmitted) {
  Waiting waiting;
  EXPECT_TRUE(waiting.sources.admit("a", waiting.now));
  EXPECT_EQ(waiting.sources.find("a"), nullptr);
  EXPECT_EQ(waiting.sources.due(), Steady::max());
  EXPECT_TRUE(waiting.sources.release("a").empty());
}

TEST(HeldSources, ATopicIsTriedLessAndLessOften) {
  Waiting waiting;
  for (const Duration wait : {Duration{15s}, Duration{30s}, Duration{1min}, Duration{2min}, Duration{4min},
                              Duration{5min}, Duration{5min}}) {
    waiting.hold("a");
    waiting.sources.leave_alone("t", "gone", waiting.now);
    EXPECT_EQ(waiting.sources.due(), waiting.now.steady + wait);
    waiting.pass(wait - 1s);
    EXPECT_FALSE(waiting.sources.admit("a", waiting.now));
    waiting.pass(1s);
    EXPECT_TRUE(waiting.sources.admit("a", waiting.now));
    EXPECT_TRUE(waiting.sources.admit("a", waiting.now)) << "it is on trial";
  }
  EXPECT_EQ(waiting.sources.find("a")->last_error.attempts, 7);
}

TEST(HeldSources, ItIsSaidAtAFallingRate) {
  Waiting waiting;
  int said = 0;
  for (int i = 0; i < 100; ++i) said += waiting.sources.leave_alone("t", "gone", waiting.now) ? 1 : 0;
  EXPECT_EQ(said, 7);  // 1, 2, 4, ... 64
}

TEST(HeldSources, OneOfATopicIsTriedAtATime) {
  Waiting waiting;
  waiting.hold("a");
  waiting.hold("b");
  waiting.hold("other", "u");
  waiting.sources.leave_alone("t", std::nullopt, waiting.now);
  waiting.pass(first);
  EXPECT_TRUE(waiting.sources.admit("a", waiting.now));
  EXPECT_FALSE(waiting.sources.admit("b", waiting.now));
  EXPECT_TRUE(waiting.sources.admit("other", waiting.now));
  // Nothing of it was to be committed after all.
  waiting.sources.end_trial("a");
  EXPECT_TRUE(waiting.sources.admit("b", waiting.now));
  const std::map<std::string, BlockedSource> free = waiting.sources.release("b");
  ASSERT_EQ(free.size(), 1u);
  EXPECT_EQ(free.at("b").last_error.text, "it is gone");
  EXPECT_TRUE(waiting.sources.admit("a", waiting.now)) << "what took b may take a";
}

TEST(HeldSources, ATopicThatTakesSomethingAgainFreesAllWhoWaitedForIt) {
  Waiting waiting;
  waiting.hold("a");
  waiting.hold("quiet");
  waiting.hold("other", "u");
  waiting.sources.leave_alone("t", "gone", waiting.now);
  EXPECT_EQ(waiting.sources.release("a").size(), 2u);
  EXPECT_EQ(waiting.sources.find("quiet"), nullptr);
  EXPECT_NE(waiting.sources.find("other"), nullptr);
}

TEST(HeldSources, WhoNeedsTheTopicNoMoreIsForgotten) {
  Waiting waiting;
  waiting.hold("a");
  EXPECT_TRUE(waiting.sources.any_for("t"));
  waiting.sources.forget("a");
  EXPECT_FALSE(waiting.sources.any_for("t"));
  EXPECT_EQ(waiting.sources.find("a"), nullptr);
}

TEST(HeldSources, AReopeningEndsTrialsAndChangesNothingElse) {
  Waiting waiting;
  waiting.hold("a");
  waiting.hold("b");
  waiting.sources.leave_alone("t", "gone", waiting.now);
  waiting.pass(first);
  EXPECT_TRUE(waiting.sources.admit("a", waiting.now));
  waiting.sources.end_trials();
  EXPECT_TRUE(waiting.sources.admit("b", waiting.now));
  EXPECT_NE(waiting.sources.find("a"), nullptr);
}

TEST(HeldSources, WhatATopicRefusesToEverybodyNeedsNoTrialOfEach) {
  Waiting waiting;
  waiting.hold("a");
  EXPECT_EQ(waiting.sources.takes_nothing("t"), nullptr);
  waiting.sources.leave_alone("t", "gone", waiting.now);
  ASSERT_NE(waiting.sources.takes_nothing("t"), nullptr);
  EXPECT_EQ(*waiting.sources.takes_nothing("t"), "gone");
  waiting.sources.leave_alone("t", std::nullopt, waiting.now);
  EXPECT_EQ(waiting.sources.takes_nothing("t"), nullptr);
  waiting.sources.leave_alone("t", "gone", waiting.now);
  waiting.sources.release("a");
  EXPECT_EQ(waiting.sources.takes_nothing("t"), nullptr);
}

TEST(HeldSources, NobodyIsWokenAgainForWhatWasOffered) {
  Waiting waiting;
  waiting.hold("a");
  waiting.sources.leave_alone("t", "gone", waiting.now);
  waiting.pass(first);
  EXPECT_EQ(waiting.sources.due(), waiting.now.steady);
  waiting.sources.offered(waiting.now);
  EXPECT_EQ(waiting.sources.due(), Steady::max());
  waiting.sources.leave_alone("t", "gone", waiting.now);
  EXPECT_EQ(waiting.sources.due(), waiting.now.steady + 30s);
}

}  // namespace
}  // namespace auditstream::core
