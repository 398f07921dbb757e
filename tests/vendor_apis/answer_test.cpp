// What a vendor echoes of the credentials that it was sent is quoted nowhere, whatever they look like.
#include "core/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vendor_apis/given.h"
#include "vendor_apis/registry.h"

namespace auditstream::vendor_apis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Like a word, so that nothing but its being known gives it away.
const std::string echoed = "hunter";

std::string told(const Refusal& refusal) { return refusal.message + " " + refusal.remedy; }

TEST(Answer, QuotesNoSecretThatTheVendorEchoes) {
  for (const Vendor* vendor : vendors()) {
    Secrets secrets = given_secrets(*vendor);
    secrets.begin()->second = Secret(echoed);
    const Source source = any_source(*vendor);
    for (const http::Response& response :
         {given_response(401, "{\"error\":\"no such key: hunter\"}"),
          given_response(403, "<html>hunter is blocked</html>"),
          given_response(500, "hunter: internal error"), given_response(200, "hunter? what is hunter?"),
          given_response(200, "no", {{"content-type", "text/hunter"}}),
          given_failure(http::Transport::encoding, "Content-Encoding \"hunter\"")}) {
      const Answer answer =
          core::read_answer(*vendor, source, secrets, std::nullopt, any_ask(*vendor), response);
      ASSERT_TRUE(std::holds_alternative<Refusal>(answer)) << vendor->name();
      EXPECT_THAT(told(std::get<Refusal>(answer)), Not(HasSubstr(echoed))) << vendor->name();
    }
  }
}

TEST(Answer, QuotesNoTokenNorWhatWasGivenForIt) {
  for (const Vendor* vendor : vendors()) {
    if (!vendor->exchanges_token()) continue;
    const Source source = any_source(*vendor);
    const http::Response response = given_response(401, "{\"message\":\"hunter has expired\"}");
    const Answer answer =
        core::read_answer(*vendor, source, {}, Token{Secret(echoed), Time{}}, any_ask(*vendor), response);
    EXPECT_THAT(told(std::get<Refusal>(answer)), Not(HasSubstr(echoed)));
    const auto token = core::read_token(*vendor, source, {{"api_key", Secret(echoed)}}, response, Time{});
    EXPECT_THAT(told(std::get<Refusal>(token)), Not(HasSubstr(echoed)));
  }
}

TEST(Answer, QuotesNoSecretInAnotherSpelling) {
  const Vendor& vendor = *find_vendor("tines");
  const std::string secret = "hun/ter&+2\"";
  for (const std::string spelled :
       {"hun/ter&+2\"", "hun%2Fter%26%2B2%22", "hun%2fter%26%2b2%22", "hun/ter&+2\\\"", "hun\\/ter&+2\\\"",
        "hun/ter\\u0026\\u002b2\\\"", "hun/ter&amp;+2&quot;",
        "aHVuL3RlciYrMiI=", "dXNlcjpodW4vdGVyJisyIg==", "bWU6aHVuL3RlciYrMiI"}) {
    const http::Response response =
        given_response(401, "{\"error\":\"" + spelled + "\"}", {{"x-request-id", "a-" + spelled}});
    const Answer answer = core::read_answer(vendor, any_source(vendor), {{"api_key", Secret(secret)}},
                                            std::nullopt, any_ask(vendor), response);
    const Refusal& refusal = std::get<Refusal>(answer);
    EXPECT_THAT(told(refusal), HasSubstr("...")) << spelled;
    for (const char* part : {"hun", "ter", "bi90ZXI", "HVuL3Rlci", "h1bi90", "odW4vdGVy"}) {
      EXPECT_THAT(told(refusal) + refusal.request_id, Not(HasSubstr(part))) << spelled;
    }
  }
}

TEST(Answer, WithoutAnEchoKeepsTheVendorsWords) {
  const Vendor& vendor = *find_vendor("tines");
  const Answer answer =
      core::read_answer(vendor, any_source(vendor), {{"api_key", Secret()}}, std::nullopt, any_ask(vendor),
                        given_response(401, "{\"error\":\"no such key\"}"));
  EXPECT_THAT(std::get<Refusal>(answer).message, HasSubstr("no such key"));
}

}  // namespace
}  // namespace auditstream::vendor_apis
