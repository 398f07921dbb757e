// What Date headers say of our clock, and when they are believed.
#include <gtest/gtest.h>

#include "core/vendor_clock.h"

namespace auditstream::core {
namespace {

constexpr Time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h};

struct Exchange {
  VendorClock clock;
  Now now{noon, Steady{1h}};

  void pass(Duration time) {
    now.wall += time;
    now.steady += time;
  }
  void answer(std::string date, std::string age = "") {
    http::Response response;
    response.headers.push_back({"date", std::move(date)});
    if (!age.empty()) response.headers.push_back({"age", std::move(age)});
    response.latency = 100ms;
    clock.learn(response, now);
  }
};

std::string hours_ago(int hours, int second) {
  return "Fri, 20 Nov 2026 0" + std::to_string(12 - hours) + ":00:" + std::to_string(second) + " GMT";
}

TEST(VendorClock, AHeaderThatIsNearIsBelievedAtOnce) {
  Exchange exchange;
  exchange.answer("Fri, 20 Nov 2026 11:59:40 GMT");
  EXPECT_EQ(exchange.clock.ahead(exchange.now), 20s);
  EXPECT_FALSE(exchange.clock.ask_again_in());
  exchange.pass(30s);
  exchange.answer("Fri, 20 Nov 2026 12:00:29 GMT");
  EXPECT_EQ(exchange.clock.ahead(exchange.now), 0s) << "rounding";
}

TEST(VendorClock, AHeaderThatIsHoursOldMustAdvanceToBeBelieved) {
  Exchange exchange;
  exchange.answer(hours_ago(5, 10));
  EXPECT_EQ(exchange.clock.ahead(exchange.now), 0s);
  ASSERT_TRUE(exchange.clock.ask_again_in());
  exchange.pass(*exchange.clock.ask_again_in());
  exchange.answer(hours_ago(5, 16));
  EXPECT_FALSE(exchange.clock.ask_again_in());
  EXPECT_GT(exchange.clock.ahead(exchange.now), 4h) << "it is our clock";
  exchange.now.wall -= 5h;
  EXPECT_LT(exchange.clock.ahead(exchange.now), 1min) << "set right meanwhile";
}

TEST(VendorClock, AHeaderThatStandsStillIsACachesAndNotBelieved) {
  Exchange exchange;
  for (int i = 0; i < 10; ++i) {
    exchange.answer(hours_ago(5, 10));
    exchange.pass(30s);
  }
  EXPECT_EQ(exchange.clock.ahead(exchange.now), 0s);
  EXPECT_TRUE(exchange.clock.header_is_wrong());
  EXPECT_FALSE(exchange.clock.ask_again_in());
}

TEST(VendorClock, TheAgeOfACachedAnswerIsAdded) {
  Exchange exchange;
  exchange.answer(hours_ago(5, 10), std::to_string(5 * 3600 - 10));
  EXPECT_EQ(exchange.clock.ahead(exchange.now), 0s);
  EXPECT_FALSE(exchange.clock.ask_again_in()) << "nothing about it is strange";
  EXPECT_FALSE(exchange.clock.header_is_wrong());
}

TEST(VendorClock, AHeaderOfAnotherCenturyIsRubbish) {
  Exchange exchange;
  exchange.answer("Tue, 20 Nov 1976 12:00:00 GMT");
  exchange.pass(1min);
  exchange.answer("Tue, 20 Nov 1976 12:01:00 GMT");
  EXPECT_EQ(exchange.clock.ahead(exchange.now), 0s);
  EXPECT_TRUE(exchange.clock.header_is_wrong());
}

// It is the earlier of two clocks that counts.
TEST(VendorClock, AVendorThatIsAheadIsBelievedWhateverKafkaSays) {
  Exchange exchange;
  exchange.clock = VendorClock(exchange.now);
  exchange.answer("Fri, 20 Nov 2026 12:02:00 GMT");
  exchange.pass(20s);
  exchange.answer("Fri, 20 Nov 2026 12:02:20 GMT");
  EXPECT_FALSE(exchange.clock.header_is_wrong());
  EXPECT_EQ(exchange.clock.ahead(exchange.now), -2min);
}

TEST(VendorClock, NobodyWaitsForASecondHeaderWhereThereIsNone) {
  Exchange exchange;
  exchange.answer(hours_ago(5, 10));
  ASSERT_TRUE(exchange.clock.ask_again_in());
  exchange.pass(6s);
  exchange.clock.learn(http::Response{}, exchange.now);
  EXPECT_FALSE(exchange.clock.ask_again_in());
}

TEST(VendorClock, KafkasClockDecidesBetweenTheTwo) {
  Exchange exchange;
  exchange.clock = VendorClock(exchange.now);
  for (int second = 10; second < 60; second += 20) {
    exchange.answer(hours_ago(5, second));
    exchange.pass(20s);
  }
  EXPECT_EQ(exchange.clock.ahead(exchange.now), 0s);
  EXPECT_TRUE(exchange.clock.header_is_wrong());
  // Stepped since: now nobody is on our side.
  exchange.now.wall += 5h;
  exchange.answer("Fri, 20 Nov 2026 12:01:00 GMT");
  exchange.pass(20s);
  exchange.answer("Fri, 20 Nov 2026 12:01:20 GMT");
  EXPECT_GT(exchange.clock.ahead(exchange.now), 4h);
}

}  // namespace
}  // namespace auditstream::core
