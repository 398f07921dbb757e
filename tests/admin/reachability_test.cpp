// What people are told of Kafka, from how long it has been silent.
#include "admin/reachability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace auditstream::test {
namespace {

using admin::Reachability;
using ::testing::AllOf;
using ::testing::HasSubstr;

const Time noon = *parse_rfc3339("2026-11-20T12:00:00Z");
const Error refused{"10.0.0.1:9092/1: Connection refused"};

Now at(Duration since_noon) { return {noon + since_noon, Steady{1h + since_noon}}; }

// Silent since noon, looked at with each second of a span.
std::vector<std::pair<Duration, core::Notice>> look(Reachability& kafka, Duration from, Duration to) {
  std::vector<std::pair<Duration, core::Notice>> said;
  for (Duration second = from; second <= to; second += 1s) {
    if (std::optional<core::Notice> say = kafka.look(Steady{1h}, refused, at(second)))
      said.emplace_back(second, *say);
  }
  return said;
}

TEST(Reachability, IsTakenAwayAfterFifteenSecondsAndSaysSinceWhenAndWhy) {
  Reachability kafka;
  EXPECT_TRUE(look(kafka, 0s, 14s).empty());
  EXPECT_TRUE(kafka.view().reachable);
  EXPECT_EQ(kafka.view().sentence(), "");
  const auto said = look(kafka, 15s, 20s);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].second.code, "kafka_unreachable");
  EXPECT_EQ(said[0].second.level, core::Level::warn);
  EXPECT_THAT(said[0].second.text,
              AllOf(HasSubstr("since 2026-11-20T12:00:00Z"), HasSubstr(refused.message)));
  EXPECT_FALSE(kafka.view().reachable);
  EXPECT_EQ(kafka.view().since, noon);
  EXPECT_EQ(kafka.view().sentence(), "Kafka can't be reached since 2026-11-20T12:00:00Z: " + refused.message);
}

TEST(Reachability, IsToldLessAndLessOften) {
  Reachability kafka;
  std::vector<Duration> moments;
  for (const auto& [moment, say] : look(kafka, 0s, 4h)) moments.push_back(moment);
  const auto after = [](Duration minutes) { return 15s + minutes; };
  EXPECT_EQ(moments, (std::vector<Duration>{15s, after(1min), after(3min), after(7min), after(15min),
                                            after(31min), after(63min), after(123min), after(183min)}));
}

TEST(Reachability, ComesBackWithHowLongItTook) {
  Reachability kafka;
  look(kafka, 0s, 100s);
  const std::optional<core::Notice> say = kafka.look(Steady{1h + 101s}, {}, at(102s));
  ASSERT_TRUE(say);
  EXPECT_EQ(say->code, "kafka_reachable");
  EXPECT_EQ(say->level, core::Level::info);
  EXPECT_THAT(say->text, HasSubstr("1 min 42 s"));
  EXPECT_TRUE(kafka.view().reachable);
  EXPECT_FALSE(kafka.view().since);
  EXPECT_FALSE(kafka.look(std::nullopt, {}, at(103s)));
}

TEST(Reachability, APersonIsCalledWhereOnlyAPersonHelps) {
  Reachability kafka;
  const std::optional<core::Notice> say =
      kafka.look(Steady{1h}, Error{"wrong password", ErrorKind::misconfigured}, at(15s));
  ASSERT_TRUE(say);
  EXPECT_EQ(say->level, core::Level::error);
}

TEST(Reachability, AProcessThatWasStoppedBlamesNobody) {
  Reachability kafka;
  look(kafka, 0s, 3s);
  EXPECT_TRUE(look(kafka, 60s, 74s).empty());
  EXPECT_TRUE(kafka.view().reachable);
  EXPECT_EQ(look(kafka, 75s, 75s).size(), 1u);
}

}  // namespace
}  // namespace auditstream::test
