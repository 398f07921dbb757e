// The filter's loop: a line out for each line in, and word of each that could not be mapped.
#include "cli/ocsf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "auditstream/json.h"
#include "vendor_apis/registry.h"

namespace auditstream::cli {
namespace {

using ::testing::ElementsAre;

struct Filtered {
  MappedLines done;
  std::vector<std::string> ids;
  std::string err;
  int drains = 0;
};

Filtered filtered(const std::string& input, std::size_t printed_max = SIZE_MAX) {
  ocsf::ReadMapping read = ocsf::read_mapping("vendor: tines\ntype: api_activity/read", "m.yaml", "tines");
  const ocsf::Mapper mapper(*vendor_apis::find_vendor("tines"), *std::move(read.mapping), {});
  Filtered result;
  std::istringstream in(input);
  std::ostringstream err;
  result.done = map_lines(
      in, mapper, [] { return Time{}; },
      [&](std::string_view line) {
        result.ids.push_back(json::scalar_at(line, "/metadata/uid").value_or(""));
        return result.ids.size() < printed_max;
      },
      [&] { ++result.drains; }, err);
  result.err = err.str();
  return result;
}

const std::string one = R"({"id":1,"created_at":"2026-11-20T00:00:00Z"})";
const std::string two = R"({"id":2,"created_at":"2026-11-20T00:00:00Z"})";

TEST(OcsfCommand, EachLineBecomesOne) {
  const Filtered result = filtered(one + "\n" + two);
  EXPECT_THAT(result.ids, ElementsAre("1", "2"));
  EXPECT_EQ(result.done.lines, 2u);
  EXPECT_EQ(result.done.failed, 0u);
  EXPECT_EQ(result.err, "");
}

TEST(OcsfCommand, BlankLinesAndCarriageReturnsAreNoEvents) {
  const Filtered result = filtered("\n  \r\n" + one + "\r\n\n" + two + "\n\n");
  EXPECT_THAT(result.ids, ElementsAre("1", "2"));
  EXPECT_EQ(result.done.lines, 2u);
  EXPECT_EQ(filtered("").done.lines, 0u);
}

TEST(OcsfCommand, WhatCanNotBeMappedIsReportedWithItsLineAndKept) {
  const Filtered result = filtered(one + "\n\n{\"id\":9}\nx\n" + two + "\n");
  EXPECT_EQ(result.ids.size(), 4u);
  EXPECT_EQ(result.ids[1], "9");
  EXPECT_EQ(result.done.failed, 2u);
  EXPECT_EQ(result.err,
            "line 3: has no readable time at /created_at, /timestamp\n"
            "line 4: is not valid JSON, at byte 0: Invalid value.\n");
}

TEST(OcsfCommand, StopsWhenNobodyReads) {
  const Filtered result = filtered(one + "\n" + two + "\n" + one + "\n", 2);
  EXPECT_EQ(result.ids.size(), 2u);
  EXPECT_FALSE(result.done.written);
}

TEST(OcsfCommand, PassesOnWhatIsPrintedBeforeItWaits) {
  EXPECT_EQ(filtered(one + "\n" + two + "\n").drains, 1) << "only at the end of what is there";
}

}  // namespace
}  // namespace auditstream::cli
