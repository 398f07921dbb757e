// Single values out of JSON, whatever the JSON looks like.
#include "auditstream/json.h"
#include "base/json_walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace auditstream::json {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;
using namespace std::string_literals;

TEST(ScalarAt, FindsScalarsAsWritten) {
  const char* text =
      R"({"id":12345678901234567890123,"f":0.1000,"t":true,"n":null,"s":"caf\u00e9\/","a":[{"b":"x"},7]})";
  EXPECT_THAT(scalar_at(text, "/id"), Optional("12345678901234567890123"s));
  EXPECT_THAT(scalar_at(text, "/f"), Optional("0.1000"s));
  EXPECT_THAT(scalar_at(text, "/t"), Optional("true"s));
  EXPECT_THAT(scalar_at(text, "/s"), Optional("caf\u00e9/"s));
  EXPECT_THAT(scalar_at(text, "/a/0/b"), Optional("x"s));
  EXPECT_THAT(scalar_at(text, "/a/1"), Optional("7"s));
  EXPECT_THAT(scalar_at("\"root\"", ""), Optional("root"s));
  for (const char* pointer : {"", "/n", "/a", "/a/0", "/a/2", "/missing", "/id/deeper", "no-slash"}) {
    EXPECT_EQ(scalar_at(text, pointer), std::nullopt) << pointer;
  }
}

TEST(ScalarAt, TheFirstOfEqualKeysCounts) {
  EXPECT_THAT(scalar_at(R"({"id":1,"id":2})", "/id"), Optional("1"s));
  EXPECT_EQ(scalar_at(R"({"id":null,"id":2})", "/id"), std::nullopt);
  EXPECT_EQ(scalar_at(R"({"u":{},"u":{"id":2}})", "/u/id"), std::nullopt);
  EXPECT_THAT(scalar_at(R"([{"id":1},{"id":2}])", "/1/id"), Optional("2"s));
}

TEST(ScalarAt, UnescapesPointers) {
  EXPECT_THAT(scalar_at(R"({"a/b":{"~":1,"":2}})", "/a~1b/~0"), Optional("1"s));
  EXPECT_THAT(scalar_at(R"({"a/b":{"~":1,"":2}})", "/a~1b/"), Optional("2"s));
}

TEST(ScalarAt, BrokenJsonHoldsNothing) {
  const std::string nul_after = "{\"id\":1}\0x"s;
  for (const std::string& text : {"{\"id\":1"s, "{\"id\":1}}"s, "{\"id\":1,\"x\":\"\xff\"}"s, ""s,
                                  "{\"id\":tru}"s, nul_after, "{\"id\":1,\"x\":\"\xf0\x9f"s}) {
    EXPECT_EQ(scalar_at(text, "/id"), std::nullopt) << text;
  }
}

TEST(ScalarAt, DepthIsLimitedWithoutACrash) {
  const auto nested = [](std::size_t depth) {
    return "{\"id\":1,\"x\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(scalar_at(nested(256), "/id"));
  EXPECT_FALSE(scalar_at(nested(257), "/id"));
  EXPECT_FALSE(scalar_at(std::string(5'000'000, '['), ""));
}

TEST(ScalarAt, HugeNumbersAreText) {
  EXPECT_THAT(scalar_at(R"({"n":1e400})", "/n"), Optional("1e400"s));
  EXPECT_THAT(scalar_at(R"({"n":-1.5E+99999999999,"m":2})", "/n"), Optional("-1.5E+99999999999"s));
  EXPECT_THAT(scalar_at(R"({"x":1e400,"m":"2e400"})", "/m"), Optional("2e400"s));
  EXPECT_THAT(scalar_at("{\"n\":" + std::string(999, '9') + ".5e7}", "/n"),
              Optional(std::string(999, '9') + ".5e7"));
  EXPECT_FALSE(scalar_at("{\"n\":" + std::string(999, '9') + ".}", "/n"));
  EXPECT_FALSE(scalar_at(R"({"n":1e400,"m":01})", "/n"));
  EXPECT_THAT(scalar_at("{\"n\":" + std::string(1000, '9') + "}", "/n"), Optional(std::string(1000, '9')));
}

// What Unicode text can't say is taken as it is spelled: otherwise two that differ would look alike.
TEST(ScalarAt, ALoneSurrogateEscapeIsKeptAsSpelled) {
  EXPECT_THAT(scalar_at(R"({"agent":"cut \ud83d","id":7})", "/id"), Optional("7"s));
  EXPECT_THAT(scalar_at(R"({"agent":"cut \ud83d"})", "/agent"), Optional(R"("cut \ud83d")"s));
  EXPECT_THAT(scalar_at(R"({"a":"\ud83d","b":"\\ud83d \ud83d\ude00 \ude00"})", "/b"),
              Optional(R"("\\ud83d \ud83d\ude00 \ude00")"s));
  EXPECT_THAT(scalar_at(R"({"a":"\ud83d","b":"\\ud83d \ud83d\ude00"})", "/b"),
              Optional("\\ud83d \U0001f600"s));
  EXPECT_THAT(scalar_at(R"([ "\"\\\"\udfff" ])", "/0"), Optional(R"("\"\\\"\udfff")"s));
  EXPECT_THAT(scalar_at(R"("\ud83d")", ""), Optional(R"("\ud83d")"s));
  EXPECT_THAT(scalar_at(R"({"a":"\ud83d","b":"\ufffd \\\ufffd"})", "/b"), Optional("\ufffd \\\ufffd"s));
}

TEST(Pointer, MistakesAreNamed) {
  EXPECT_TRUE(validate_pointer("").ok());
  EXPECT_TRUE(validate_pointer("/a~0b/c~1d").ok());
  EXPECT_THAT(validate_pointer("created_at").error().message, HasSubstr("begin with a slash"));
  EXPECT_THAT(validate_pointer("/a~2").error().message, HasSubstr("~0"));
  EXPECT_FALSE(validate_pointer("/a~").ok());
}

TEST(Quote, MakesValidJson) {
  EXPECT_EQ(quote("plain"), R"("plain")");
  EXPECT_EQ(quote("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(quote("caf\u00e9"), "\"caf\u00e9\"");
  EXPECT_EQ(quote("x\xffy\xc3"), "\"x\ufffdy\ufffd\"");
  EXPECT_THAT(scalar_at(quote("a\xf0\x9f b"), ""), Optional("a\ufffd\ufffd b"s));
}

TEST(Utf8, IsToldFromWhatIsNot) {
  for (const char* good : {"", "plain ASCII, and more of it", "Z\xc3\xbcrich", "\xe6\x9d\xb1\xe4\xba\xac",
                           "\xf0\x9f\x9a\x80", "12345678\xc3\xbc", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(utf8_flaw(good), std::string_view(good).size()) << good;
  }
  // Stray and overlong bytes, a surrogate, beyond U+10FFFF, a sequence that breaks off before other text.
  for (const char* bad :
       {"12345678\xff", "12345678\x80", "12345678\xc0\x80", "12345678\xe0\x80\x80", "12345678\xed\xa0\x80",
        "12345678\xf4\x90\x80\x80", "12345678\xf0\x8f\xbf\xbf", "12345678\xc3 and more"}) {
    EXPECT_EQ(utf8_flaw(bad), 8u) << bad;
  }
  EXPECT_EQ(utf8_flaw("cut \xe6\x9d"), 6u) << "the end may cut a sequence off";
}

}  // namespace
}  // namespace auditstream::json
