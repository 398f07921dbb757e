// The examples of RFC 4648, 10.
#include "base/base64.h"

#include <gtest/gtest.h>

namespace auditstream {
namespace {

TEST(Base64, IsThatOfTheRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(base64url("f"), "Zg");
}

TEST(Base64, IsReadBack) {
  EXPECT_EQ(from_base64url(""), "");
  EXPECT_EQ(from_base64url("Zg"), "f");
  EXPECT_EQ(from_base64url("Zm8"), "fo");
  EXPECT_EQ(from_base64url("Zm9vYmFy"), "foobar");
  EXPECT_EQ(from_base64url("-__-"), "\xfb\xff\xfe");
  for (const char* other : {"Z", "Zg==", "Zm9+", "Zm 8", "Zm8\n", "Zm9v*"})
    EXPECT_EQ(from_base64url(other), std::nullopt);
}

}  // namespace
}  // namespace auditstream
