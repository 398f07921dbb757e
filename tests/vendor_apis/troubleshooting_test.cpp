// What makes messages about trouble worth reading, for every vendor: one remedy per kind of trouble, and an
// empty log explained cause by cause. The rows of the product pages are walked through with the binary, in
// e2e.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "vendor_apis/given.h"
#include "vendor_apis/registry.h"

namespace auditstream::vendor_apis {
namespace {

using ::testing::StartsWith;

std::string remedy(const Vendor& vendor, const http::Response& response) {
  const Answer answer = vendor.read(any_source(vendor), any_ask(vendor), response);
  return std::get<Refusal>(answer).remedy;
}

TEST(Troubleshooting, EachKindOfTroubleHasARemedyOfItsOwn) {
  for (const Vendor* vendor : vendors()) {
    std::set<std::string> remedies{
        remedy(*vendor, given_failure(http::Transport::dns, "Could not resolve host"))};
    for (const int status : {401, 403, 404, 429, 500}) {
      remedies.insert(remedy(*vendor, given_response(status, "{}")));
    }
    EXPECT_EQ(remedies.size(), 6u) << vendor->name() << ": " << ::testing::PrintToString(remedies);
  }
}

// It looks the same whatever the cause.
TEST(Troubleshooting, AnEmptyLogIsExplainedCauseByCause) {
  const std::vector<std::string> causes{
      "region: ", "retention: ", "filters: ", "permissions: ", "environment: "};
  for (const Vendor* vendor : vendors()) {
    const std::vector<std::string> hints = vendor->empty_hints(any_source(*vendor));
    ASSERT_EQ(hints.size(), causes.size()) << vendor->name();
    for (std::size_t i = 0; i < causes.size(); ++i) {
      EXPECT_THAT(hints[i], StartsWith(causes[i])) << vendor->name();
    }
  }
}

}  // namespace
}  // namespace auditstream::vendor_apis
