// Which buffers come back, and that what is lent stays whole.
#include "http/body_pool.h"

#include <gtest/gtest.h>

namespace auditstream::http {
namespace {

std::string filled(BodyPool& pool, std::size_t size, char c) {
  std::string body = pool.take(size);
  body.append(size, c);
  return body;
}

TEST(BodyPool, ABufferComesBackWithItsLastReader) {
  const auto pool = std::make_shared<BodyPool>();
  auto first = pool->lend(filled(*pool, 400'000, 'a'));
  auto second = first;
  const char* const place = first->data();
  first.reset();
  EXPECT_NE(pool->take(0).data(), place);
  EXPECT_EQ(*second, std::string(400'000, 'a'));
  second.reset();
  const std::string again = pool->take(0);
  EXPECT_EQ(again.data(), place);
  EXPECT_TRUE(again.empty());
}

TEST(BodyPool, ASmallBodyHoldsNoLargeBuffer) {
  const auto pool = std::make_shared<BodyPool>();
  pool->give_back(filled(*pool, 400'000, 'a'));
  std::string body = pool->take(0);
  ASSERT_GE(body.capacity(), 400'000u);
  body = "{}";
  const auto lent = pool->lend(std::move(body));
  EXPECT_EQ(*lent, "{}");
  EXPECT_LT(lent->capacity(), 1000u);
  EXPECT_GE(pool->take(0).capacity(), 400'000u);
}

TEST(BodyPool, KeepsNoMoreThanItsLimit) {
  const auto pool = std::make_shared<BodyPool>();
  constexpr std::size_t bytes = 3 << 20;
  for (int i = 0; i < 10; ++i) pool->give_back(std::string(bytes, 'a'));
  std::size_t kept = 0;
  while (pool->take(0).capacity() >= bytes) kept += bytes;
  EXPECT_GT(kept, BodyPool::idle_bytes_max / 2);
  EXPECT_LE(kept, BodyPool::idle_bytes_max);
}

TEST(BodyPool, WhatIsLentOutlivesThePool) {
  auto pool = std::make_shared<BodyPool>();
  const auto lent = pool->lend(filled(*pool, 400'000, 'a'));
  pool.reset();
  EXPECT_EQ(*lent, std::string(400'000, 'a'));
}

}  // namespace
}  // namespace auditstream::http
