// Mappings: what they may say, and that every mistake is found with its line.
#include "ocsf/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace auditstream::ocsf {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> mistakes_of(const std::string& yaml) {
  std::vector<std::string> texts;
  for (const config::Finding& mistake : read_mapping(yaml, "m.yaml", "tines").mistakes) {
    texts.push_back(mistake.text());
  }
  return texts;
}

TEST(OcsfMapping, MayBeAlmostEmpty) {
  const ReadMapping read = read_mapping("vendor: tines", "m.yaml", "tines");
  ASSERT_TRUE(read.mapping);
  EXPECT_EQ(read.mapping->type.absent.uid(), 0);
  EXPECT_EQ(read.mapping->type.otherwise.uid(), 0);
  EXPECT_TRUE(read.mapping->actors.empty());
}

TEST(OcsfMapping, TakesOneValueOrTheFirstOfSeveral) {
  const ReadMapping read = read_mapping(
      "vendor: tines\ntenant: [/a, {claim: org, in: /b}, /c]\nevent_code: /a\ntype: api_activity/read",
      "m.yaml", "tines");
  ASSERT_TRUE(read.mapping);
  EXPECT_THAT(read.mapping->pointers.all(), ElementsAre("/a", "/b", "/c"));
  ASSERT_EQ(read.mapping->tenant.size(), 3u);
  EXPECT_EQ(read.mapping->tenant[1].claim, "org");
  EXPECT_EQ(read.mapping->event_code[0].slot, read.mapping->tenant[0].slot);
  EXPECT_EQ(read.mapping->type.absent.uid(), 600302);
}

TEST(OcsfMapping, NamesEveryMistakeAtOnceWithItsLine) {
  EXPECT_THAT(
      mistakes_of("vendor: workato\n"
                  "evnt_code: /a\n"
                  "tenant: a/b\n"
                  "type:\n"
                  "  from: /a\n"
                  "  suffix: {Creation: api_activity/craete}\n"
                  "actor: {user: /a, name: {claim: user}}\n"
                  "outcome: {equals: {ok: great}}\n"),
      ElementsAre(
          HasSubstr("m.yaml:1: vendor: \"workato\" is not the vendor of these events, tines"),
          AllOf(HasSubstr("m.yaml:2: "), HasSubstr("event_code")),
          AllOf(HasSubstr("m.yaml:3: tenant: "), HasSubstr("must begin with a slash")),
          AllOf(HasSubstr("m.yaml:6: type.suffix.Creation: "), HasSubstr("api_activity/create")),
          AllOf(HasSubstr("m.yaml:7: actor.name"), HasSubstr("needs both")),
          AllOf(HasSubstr("m.yaml:7: actor.user"), HasSubstr("user")),
          HasSubstr("m.yaml:8: outcome: has no from"),
          AllOf(HasSubstr("m.yaml:8: outcome.equals.ok"), HasSubstr("unknown, success, failure, other"))));
}

TEST(OcsfMapping, IsForOneVendor) {
  EXPECT_THAT(mistakes_of("event_code: /a"), ElementsAre(HasSubstr("has no vendor: it must be tines")));
  EXPECT_THAT(mistakes_of(""), ElementsAre(HasSubstr("has no vendor")));
  EXPECT_THAT(mistakes_of("[a, b]"), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(mistakes_of("vendor: [tines]"), ElementsAre(HasSubstr("a single value belongs here")));
  EXPECT_THAT(mistakes_of("vendor: {"), ElementsAre(HasSubstr("m.yaml:")));
}

TEST(OcsfMapping, RefusesAKeyThatIsThereTwice) {
  EXPECT_THAT(
      mistakes_of("vendor: tines\ntype: {from: /a, equals: {x: api_activity/read, x: api_activity/create}}"),
      ElementsAre(HasSubstr("type.equals.x")));
}

TEST(OcsfMapping, HasALimitedNumberOfPointers) {
  const auto with = [](int count) {
    std::string yaml = "vendor: tines\ntenant: [/0";
    for (int i = 1; i < count; ++i) yaml += ", /" + std::to_string(i);
    return yaml + "]\nevent_code: /0";
  };
  EXPECT_THAT(mistakes_of(with(24)), ElementsAre());
  EXPECT_THAT(mistakes_of(with(25)), ElementsAre(HasSubstr("one pointer more than the 24")));
}

TEST(OcsfMapping, TypesAndOutcomesHaveTheNumbersOfTheSchema) {
  EXPECT_EQ(find_type("authentication/logon")->uid(), 300201);
  EXPECT_EQ(find_type("account_change/delete")->uid(), 300106);
  EXPECT_EQ(find_type("api_activity/other")->uid(), 600399);
  EXPECT_EQ(unknown_type().uid(), 0);
  EXPECT_FALSE(find_type("api_activity"));
  EXPECT_EQ(find_outcome("failure"), 2);
  EXPECT_FALSE(find_outcome("failed"));
}

}  // namespace
}  // namespace auditstream::ocsf
