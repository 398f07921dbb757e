// What the attempts to read a source add up to.
#include "core/source_health.h"

#include <gtest/gtest.h>

namespace auditstream::core {
namespace {

constexpr Now start{Time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}}, Steady{100h}};

Now after(Duration time) { return {start.wall + time, start.steady + time}; }

Refusal transient() {
  Refusal refusal;
  refusal.kind = RefusalKind::transient;
  refusal.status = 503;
  return refusal;
}

TEST(SourceHealth, AWindowThatIsReadAgainForLongerThanTheGraceIsNoFailureWhileItsPagesCome) {
  SourceHealth health(1min, std::nullopt);
  health.begin(start);
  health.fail(transient(), "503", false, start.steady, start);
  health.give_up();
  EXPECT_EQ(health.answered(true, after(5s)), std::nullopt) << "it may fail again where it did";
  const Now late = after(SourceHealth::grace(1min) + 1s);
  EXPECT_FALSE(health.pass(late));
  EXPECT_EQ(health.last_error()->state, LastError::State::retrying);
  health.fail(transient(), "503", false, late.steady, late);
  EXPECT_TRUE(health.failed()) << "in all this time nothing was read to its end";
}

TEST(SourceHealth, TroubleThatNothingAnswersIsAFailureWhenTheGraceHasPassed) {
  SourceHealth health(1min, std::nullopt);
  health.begin(start);
  health.fail(transient(), "503", false, start.steady, start);
  const Duration grace = SourceHealth::grace(1min);
  EXPECT_FALSE(health.pass(after(grace - 1s)));
  EXPECT_TRUE(health.pass(after(grace)));
  EXPECT_FALSE(health.pass(after(grace + 1s))) << "it is one already";
}

}  // namespace
}  // namespace auditstream::core
