// Hashes are stored and decide about partitions: they are held to published values.
#include "base/hash.h"

#include <gtest/gtest.h>

namespace auditstream {
namespace {

// Expected values from UtilsTest.testMurmur2 of Apache Kafka, made positive the way its partitioner does.
TEST(Murmur2, AgreesWithKafka) {
  const std::pair<const char*, std::int32_t> cases[] = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  for (const auto& [key, hash] : cases) {
    for (const int count : {1, 6, 12, 1000003}) {
      EXPECT_EQ(murmur2_partition(key, count), (hash & 0x7fffffff) % count) << key;
    }
  }
}

// XXH3 of the empty input with seed 0, from the xxHash specification.
TEST(Xxh3, AgreesWithTheSpecification) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2u);
  EXPECT_EQ(hash_hex(""), "99aa06d3014798d86001c324468d497f");
}

TEST(Xxh3, EveryByteCounts) {
  EXPECT_NE(hash_hex(R"({"a":1})"), hash_hex(R"({"a": 1})"));
  EXPECT_NE(hash64("656541"), hash64("656542"));
  EXPECT_EQ(hash_hex("x").size(), 32u);
}

}  // namespace
}  // namespace auditstream
