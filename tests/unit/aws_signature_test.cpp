// Expected values: get-vanilla, get-vanilla-query-order-key-case and get-vanilla-with-session-token of AWS's own
// signing test suite (aws-c-auth, tests/aws-signing-test-suite/v4, query-signature.txt); the tokens are what
// Amazon's aws-msk-iam-sasl-signer-python 1.0.2 made of these credentials at that moment.
#include "oauth/aws_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "oauth/msk_iam.h"

namespace auditstream::oauth {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

const AwsCredentials published{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", std::nullopt};

std::string signature(std::vector<std::pair<std::string, std::string>> parameters,
                      const AwsCredentials& credentials) {
  const AwsRequest request{"example.amazonaws.com", "us-east-1", "service", std::move(parameters)};
  const std::string url = presign(request, credentials, 3600s, *parse_rfc3339("2015-08-30T12:36:00Z"));
  return url.substr(url.find("X-Amz-Signature=") + 16);
}

TEST(AwsSignature, IsThePublishedOne) {
  EXPECT_EQ(signature({}, published), "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d");
  EXPECT_EQ(signature({{"Param2", "value2"}, {"Param1", "value1"}}, published),
            "86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5");
  AwsCredentials of_a_role = published;
  of_a_role.session_token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
  EXPECT_EQ(signature({}, of_a_role), "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c");
}

TEST(MskToken, IsSignedAsAmazonsOwnLibraryDoes) {
  const Time now = *parse_rfc3339("2026-11-28T06:38:11Z");
  const Token token = msk_token("eu-west-1", published, now);
  const std::string url = from_base64url(token.value).value_or("");
  EXPECT_THAT(url, HasSubstr("https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect&"));
  EXPECT_THAT(url, HasSubstr("&X-Amz-Expires=900&"));
  EXPECT_THAT(url,
              EndsWith("&X-Amz-Signature=db58fa865e73d9b7553919944a30529d59a9e1efb5b3716e7f658d8b5c5ecc70"
                       "&User-Agent=auditstream"));
  EXPECT_EQ(token.expires, now + 900s);

  AwsCredentials of_a_role = published;
  of_a_role.session_token = "AQoDYXdzEPT//////////wEXAMPLE==";
  EXPECT_THAT(from_base64url(msk_token("eu-west-1", of_a_role, now).value).value_or(""),
              HasSubstr("b694c951b25b8f8ecc01dc0f0d1336e858d4bbe3c983ca8bbea77e85afa8bc95"));
}

TEST(MskToken, LivesNoLongerThanTheCredentials) {
  const Time now = *parse_rfc3339("2026-11-28T06:38:11.500Z");
  AwsCredentials short_lived = published;
  short_lived.expires = now + 300s;
  const Token token = msk_token("eu-west-1", short_lived, now);
  EXPECT_THAT(from_base64url(token.value).value_or(""), HasSubstr("&X-Amz-Expires=300&"));
  EXPECT_LE(token.expires, *short_lived.expires);
  short_lived.expires = now + 24h;
  EXPECT_THAT(from_base64url(msk_token("eu-west-1", short_lived, now).value).value_or(""),
              HasSubstr("&X-Amz-Expires=900&"));
}

}  // namespace
}  // namespace auditstream::oauth
