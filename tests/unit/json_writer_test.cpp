// JSON as it is written: each byte of it is read by somebody's program.
#include "auditstream/json_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>

namespace auditstream::json {
namespace {

TEST(JsonWriter, SpellsEachKindOfValue) {
  const std::pair<Value, const char*> expected[] = {
      {true, "true"},
      {false, "false"},
      {0, "0"},
      {INT64_MIN, "-9223372036854775808"},
      {UINT64_MAX, "18446744073709551615"},
      {"text", R"("text")"},
      {std::string_view(), R"("")"},
      {*parse_rfc3339("2026-11-20T12:00:00.5Z"), R"("2026-11-20T12:00:00.500Z")"},
      {std::optional<int>(7), "7"},
      {std::optional<Time>(), "null"},
      {Value::null(), "null"},
      {Value::raw("1.50"), "1.50"},
  };
  for (const auto& [value, text] : expected) EXPECT_EQ(value.text(), text);
}

TEST(JsonWriter, KeepsTheOrderAndPutsNothingBetween) {
  EXPECT_EQ(object({}).text(), "{}");
  EXPECT_EQ(array({}).text(), "[]");
  EXPECT_EQ(object({{"one", 1}}).text(), R"({"one":1})");
  EXPECT_EQ(object({{"z", object({{"a\"", array({1, "b", Value::null()})}})}, {"a", true}}).text(),
            R"({"z":{"a\"":[1,"b",null]},"a":true})");
  EXPECT_EQ(array(std::vector<std::string>{"a", "b"}).text(), R"(["a","b"])");
  EXPECT_EQ(array(std::vector<int>{1, 2}, [](int number) { return number * 10; }).text(), "[10,20]");
  const std::map<std::string, std::string> map{{"b", "2"}, {"a", "1"}};
  EXPECT_EQ(object({map.begin(), map.end()}).text(), R"({"a":"1","b":"2"})");
}

// What a program reads, and what lies in Kafka's records.
TEST(JsonWriter, EscapesWhatMustBe) {
  struct Case {
    std::string_view text, value, verbatim;
  };
  using namespace std::string_view_literals;
  for (const auto& [text, value, verbatim] :
       {Case{"\"\\/\b\f\n\r\t", R"("\"\\/\b\f\n\r\t")", R"("\"\\/\b\f\n\r\t")"},
        Case{"\0\x01\x1f"sv, R"("\u0000\u0001\u001F")", R"("\u0000\u0001\u001F")"},
        Case{"\x7f\xc2\x85\xc2\x9f", R"("\u007f\u0085\u009f")", "\"\x7f\xc2\x85\xc2\x9f\""},
        Case{"\xc2\xa0 \xe2\x80\xa8 \xf0\x9f\x9a\x80", "\"\xc2\xa0 \xe2\x80\xa8 \xf0\x9f\x9a\x80\"",
             "\"\xc2\xa0 \xe2\x80\xa8 \xf0\x9f\x9a\x80\""},
        Case{"\xff\xc3\"\xf0\x9f", "\"\xef\xbf\xbd\xef\xbf\xbd\\\"\xef\xbf\xbd\xef\xbf\xbd\"",
             "\"\xff\xc3\\\"\xf0\x9f\""}}) {
    EXPECT_EQ(Value(text).text(), value);
    EXPECT_EQ(Value::verbatim(text).text(), verbatim);
  }
}

}  // namespace
}  // namespace auditstream::json
