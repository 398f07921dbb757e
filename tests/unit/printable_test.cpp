// Text from outside before a person sees it.
#include "base/printable.h"

#include <gtest/gtest.h>

#include "auditstream/json.h"
#include "base/json_walk.h"

namespace auditstream {
namespace {

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("Grüße, 東京 🎉 {\"a\":1}"), "Grüße, 東京 🎉 {\"a\":1}");
}

TEST(Printable, NothingSteersATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a?[31mb");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "31mb"),
            "a?31mb")
      << "CSI as C1 in UTF-8";
  EXPECT_EQ(printable("a\x9b"
                      "31mb"),
            "a?31mb")
      << "CSI as a byte of its own";
  EXPECT_EQ(printable(std::string_view("a\0b\x7f\b\a", 6)), "a?b???");
  // Whatever the bytes are.
  std::string all;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      all += static_cast<char>(first);
      all += static_cast<char>(second);
    }
  }
  const std::string shown = printable(all);
  EXPECT_EQ(json::utf8_flaw(shown), shown.size());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    ASSERT_TRUE(byte >= 0x20 && byte != 0x7f) << i;
    if (byte != 0xc2) continue;
    ASSERT_GE(static_cast<unsigned char>(shown[i + 1]), 0xa0) << i;
  }
}

TEST(Printable, OneLineStaysOne) {
  EXPECT_EQ(printable("a\r\nb\tc\xe2\x80\xa8"
                      "d"),
            "a  b c d");
}

TEST(Printable, NothingIsReorderedOrHidden) {
  EXPECT_EQ(printable("a\u202e"
                      "b\u2066"
                      "c\u200b"
                      "d\ufeff"
                      "e\u00ad"
                      "f\U000e0041"
                      "g"),
            "abcdefg");
}

TEST(Printable, BrokenBytesShow) {
  EXPECT_EQ(printable("a\xff"
                      "b\xe6\x9d"),
            "a?b??");
  EXPECT_EQ(printable("a\xed\xa0\x80"
                      "b"),
            "a???b")
      << "half a surrogate pair";
}

TEST(Printable, WithoutUtf8OnlyAsciiIsShown) {
  EXPECT_EQ(printable("Gr\u00fc\u00dfe\n", Charset::ascii), "Gr??e ");
}

TEST(Bounded, KeepsWhatFits) { EXPECT_EQ(bounded("abc", 3), "abc"); }

TEST(Bounded, SaysHowMuchThereIs) {
  EXPECT_EQ(bounded("abcd", 3), "abc… (4 bytes)");
  EXPECT_EQ(bounded(std::string(1'572'864, 'x'), 2), "xx… (1,572,864 bytes)");
}

TEST(Bounded, CutsNoCharacter) { EXPECT_EQ(bounded("aüüü", 4), "aü… (7 bytes)"); }

TEST(JsonQuote, LeavesNothingThatSteersATerminal) {
  EXPECT_EQ(json::quote("a\xc2\x9b"
                        "b\x7f\x1b"),
            R"("a\u009bb\u007f\u001B")");
  EXPECT_EQ(json::quote("a\x9b"
                        "b"),
            "\"a\ufffdb\"");
}

TEST(JsonForTerminal, EscapesInPlace) {
  EXPECT_EQ(json::without_controls("{\"a\":\"\xc2\x9b\x7f\xc2\xa0\"}"), "{\"a\":\"\\u009b\\u007f\xc2\xa0\"}");
  EXPECT_EQ(json::without_controls("{\r\n\t}"), "{ \n }");
  EXPECT_EQ(json::without_controls("\"\x1b\x9b\""), "\"\\u001b\ufffd\"");
}

}  // namespace
}  // namespace auditstream
