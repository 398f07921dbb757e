// What an opening leaves in the offsets topic: instances of other versions read it, too.
#include "core/owner_record.h"

#include <gtest/gtest.h>

namespace auditstream::core {
namespace {

const Time noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;

TEST(OwnerRecord, IsWrittenAsEveryVersionHasWrittenIt) {
  EXPECT_EQ(encode_owner({"host-1", "host-1/2/3", noon, {{"topics.partitions", "6"}, {"a", "b"}}}),
            R"({"instance":"host-1","nonce":"host-1/2/3","time":"2026-11-20T12:00:00Z",)"
            R"("config":{"a":"b","topics.partitions":"6"}})");
}

TEST(OwnerRecord, IsReadAsItWasWritten) {
  const OwnerRecord written{"a \"b\" \xc3\xa9\n", "n\x01", noon + 1us, {{"name", "value"}}};
  const std::optional<OwnerRecord> read = decode_owner(encode_owner(written));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->instance, written.instance);
  EXPECT_EQ(read->nonce, written.nonce);
  EXPECT_EQ(read->time, written.time);
  EXPECT_EQ(read->config, written.config);
}

TEST(OwnerRecord, WhatIsMissingOrWrongIsEmpty) {
  for (const char* text : {"", "[]", "1", "{", "{} x"}) EXPECT_FALSE(decode_owner(text)) << text;
  for (const char* text : {"{}", R"({"instance":1,"nonce":[],"time":"t","config":[1],"more":2})"}) {
    const std::optional<OwnerRecord> read = decode_owner(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->instance + read->nonce, "") << text;
    EXPECT_EQ(read->time, Time{}) << text;
    EXPECT_TRUE(read->config.empty()) << text;
  }
  EXPECT_EQ(decode_owner(R"({"config":{"a":1,"b":"c"}})")->config, (GroupTerms{{"a", ""}, {"b", "c"}}));
}

}  // namespace
}  // namespace auditstream::core
