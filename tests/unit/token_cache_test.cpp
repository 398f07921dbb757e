#include "oauth/token_cache.h"

#include <gtest/gtest.h>

namespace auditstream::oauth {
namespace {

const Time start = *parse_rfc3339("2026-11-20T12:00:00Z");

Now after(Duration duration) { return {start + duration, Steady{} + 1h + duration}; }

Token token(const std::string& value, Duration expires_after) {
  return {value, start + expires_after, "me", {}};
}

TEST(TokenCache, GetsTheNextOneWhenThreeQuartersOfALifeAreOver) {
  TokenCache cache;
  EXPECT_TRUE(cache.wants_another(after(0s)));
  cache.keep(token("a", 400s), after(0s));
  EXPECT_FALSE(cache.wants_another(after(299s)));
  EXPECT_EQ(cache.give(after(299s))->value, "a");
  EXPECT_TRUE(cache.wants_another(after(300s)));
  cache.keep(token("b", 700s), after(300s));
  EXPECT_EQ(cache.give(after(300s))->value, "b");
  EXPECT_FALSE(cache.wants_another(after(599s)));
  EXPECT_TRUE(cache.wants_another(after(600s)));
}

TEST(TokenCache, GoesOnWithTheOneInHandWhileNoOtherIsToBeHad) {
  TokenCache cache;
  cache.keep(token("a", 400s), after(0s));
  cache.keep(Error{"away"}, after(300s));
  EXPECT_EQ(cache.give(after(389s))->value, "a");
  const Result<Token> none = cache.give(after(390s));
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message, "away");
  cache.keep(token("b", 800s), after(400s));
  EXPECT_EQ(cache.give(after(400s))->value, "b");
}

TEST(TokenCache, DoesNotAskAgainAtOnceAfterAFailure) {
  TokenCache cache;
  cache.keep(Error{"away"}, after(0s));
  EXPECT_FALSE(cache.give(after(1s)).ok());
  EXPECT_FALSE(cache.wants_another(after(4s)));
  EXPECT_TRUE(cache.wants_another(after(5s)));
}

// A clock that is set must not leave us without a token that is good.
TEST(TokenCache, GivesAShortTokenAsItIs) {
  TokenCache cache;
  cache.keep(token("short", 3s), after(0s));
  EXPECT_EQ(cache.give(after(0s))->value, "short");
  EXPECT_TRUE(cache.wants_another(after(3s)));
}

}  // namespace
}  // namespace auditstream::oauth
