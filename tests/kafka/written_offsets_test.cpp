// A log that only grows says nothing; one that was cut is named once.
#include "kafka/written_offsets.h"

#include <gtest/gtest.h>

namespace auditstream::test {
namespace {

TEST(WrittenOffsets, OnlyALogThatWasCutIsNamedAndOnlyOnce) {
  kafka::WrittenOffsets written;
  EXPECT_FALSE(written.note("audit.tines", 0, 0));
  EXPECT_FALSE(written.note("audit.tines", 0, 1));
  EXPECT_FALSE(written.note("audit.tines", 1, 0)) << "another partition";
  EXPECT_FALSE(written.note("audit.tines.dlq", 0, 0)) << "another topic";
  EXPECT_FALSE(written.note("audit.tines", 0, 7)) << "markers and other writers lie between";
  const std::optional<core::TruncatedLog> cut = written.note("audit.tines", 0, 5);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->topic, "audit.tines");
  EXPECT_EQ(cut->partition, 0);
  EXPECT_EQ(cut->acknowledged, 7);
  EXPECT_EQ(cut->written, 5);
  EXPECT_FALSE(written.note("audit.tines", 0, 6));
  EXPECT_TRUE(written.note("audit.tines", 1, 0)) << "made again, it may begin with the same offset";
}

}  // namespace
}  // namespace auditstream::test
