// Arrays in which an element is broken: what is patched, and where that would be a guess.
#include "base/json_elements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json_walk.h"

namespace auditstream::json {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::string_literals;

// What is damaged in an array, as it stands there.
std::vector<std::string> damaged(const std::string& array) {
  const auto patched = patch_elements(array, 1, 1);
  if (!patched) return {"nothing"};
  EXPECT_EQ(patched->text.size(), array.size());
  EXPECT_TRUE(is_json(patched->text)) << patched->text;
  std::vector<std::string> texts;
  for (const Damage& damage : patched->damages) {
    EXPECT_GE(damage.at, damage.begin);
    EXPECT_LT(damage.at, damage.end);
    texts.push_back(array.substr(damage.begin, damage.end - damage.begin));
  }
  return texts;
}

TEST(Elements, AreMendedInTheirSmallestPart) {
  EXPECT_THAT(damaged(R"([{"a":1,"b":NaN},{"a":2}])"), ElementsAre("NaN"));
  EXPECT_THAT(damaged(R"([{"a":-Infinity},{"a":undefined , "b":[01,+1,.5,0x1F]}])"),
              ElementsAre("-Infinity", "undefined", "01", "+1", ".5", "0x1F"));
  EXPECT_THAT(damaged("[{\"a\":\"caf\xe9\"},{\"a\":\"caf\xc3\xa9\"}]"), ElementsAre("\"caf\xe9\""));
  EXPECT_THAT(damaged("[{\"a\":\"x\ty\"},{\"a\":\"x\ny\"}]"), ElementsAre("\"x\ty\"", "\"x\ny\""));
  EXPECT_THAT(damaged("[{\"a\":\"x\0y\"}]"s), ElementsAre("\"x\0y\""s));
  EXPECT_THAT(damaged(R"([{"path":"C:\dir"},{"path":"C:\\dir"}])"), ElementsAre(R"("C:\dir")"));
  EXPECT_THAT(damaged("[{\"k\xff\":1}]"), ElementsAre("\"k\xff\""));
  EXPECT_THAT(damaged("[NaN, 1, \"\xff\"]"), ElementsAre("NaN", "\"\xff\""));
}

TEST(Elements, GoAsAWholeWhereTheyAreNotPutTogetherRight) {
  EXPECT_THAT(damaged(R"([{"a":1,},{"a":2}])"), ElementsAre(R"({"a":1,})"));
  EXPECT_THAT(damaged(R"([{"a":,"b":NaN},{"a":2}])"), ElementsAre(R"({"a":,"b":NaN})"));
  EXPECT_THAT(damaged(R"([{'a':1},{"a":NaN}])"), ElementsAre("{'a':1}", "NaN"));
  EXPECT_THAT(damaged(R"([{"a":{"b":[1:2]}}])"), ElementsAre(R"({"a":{"b":[1:2]}})"));
}

TEST(Elements, AreMendedWhereTheyAreNestedTooDeep) {
  const std::string deep = std::string(300, '[') + "NaN" + std::string(300, ']');
  EXPECT_THAT(damaged("[{\"a\":" + deep + ",\"b\":1},{}]"),
              ElementsAre(std::string(300 - 254, '[') + "NaN" + std::string(300 - 254, ']')));
  const std::string deepest = std::string(255, '[') + std::string(255, ']');
  EXPECT_TRUE(is_json("[" + deepest + "]"));
  EXPECT_THAT(damaged("[" + deepest + ",NaN]"), ElementsAre("NaN"));
}

TEST(Elements, AreLeftAloneWhereTheirBordersAreInDoubt) {
  for (const char* array : {R"([{"a":"5" disk"},{"b":2}])", R"([{"a":"he said "no""},{"b":2}])",
                            R"([{"a":"x"","b":"y"},{"c":"z"}])", R"([{"path":"C:\"},{"b":"y"}])",
                            R"([{"a":1},{"b":[2}])", R"([{"a":1]])", R"([{"a":NaN},{"b)", R"([{"a":NaN})",
                            R"([NaN : 1])", R"([{"a":NaN} {"b":1}])", "[NaN"}) {
    EXPECT_THAT(damaged(array), ElementsAre("nothing")) << array;
  }
  EXPECT_THAT(damaged(R"([{"a":1},{"b":2}])"), ElementsAre("nothing"));
}

TEST(Elements, TellWhatIsWrongAndWhere) {
  const auto patched = patch_elements("[1,{\"a\":\"caf\xe9\"}]", 1, 1);
  ASSERT_TRUE(patched);
  EXPECT_EQ(patched->damages[0].at, 12u);
  EXPECT_THAT(patched->damages[0].reason, HasSubstr("encoding"));
}

TEST(Elements, AreGivenUpWhereTooMuchIsDamaged) {
  std::string many = "[NaN";
  for (int i = 0; i < 10'001; ++i) many += ",NaN";
  EXPECT_FALSE(patch_elements(many + "]", 1, 1));
}

}  // namespace
}  // namespace auditstream::json
