#include "oauth/method.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace auditstream::oauth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Properties = std::map<std::string, std::string>;

Properties oidc() {
  return {{"bootstrap.servers", "kafka.example:9093"},
          {"security.protocol", "SASL_SSL"},
          {"sasl.mechanism", "OAUTHBEARER"},
          {"sasl.oauthbearer.method", "oidc"},
          {"sasl.oauthbearer.client.id", "auditstream"},
          {"sasl.oauthbearer.client.secret", "s3cret"},
          {"sasl.oauthbearer.token.endpoint.url", "https://login.example/token"}};
}

Properties with(Properties properties, const std::string& name, const std::string& value) {
  properties[name] = value;
  return properties;
}

// "property: message", of the only mistake.
std::string mistake(const Properties& properties) {
  const Reading reading = read_method(properties);
  if (reading.mistakes.size() != 1) return std::to_string(reading.mistakes.size()) + " mistakes";
  return reading.mistakes[0].property + ": " + reading.mistakes[0].message;
}

TEST(OAuthMethod, OtherMechanismsAreLibrdkafkas) {
  for (const char* mechanism : {"PLAIN", "SCRAM-SHA-512", "GSSAPI"}) {
    const Properties properties{{"sasl.mechanism", mechanism}, {"sasl.username", "u"}};
    const Reading reading = read_method(properties);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(reading.method));
    EXPECT_EQ(reading.librdkafka, properties);
    EXPECT_THAT(reading.mistakes, IsEmpty());
  }
  // Its own tokens for tests, which nobody has signed.
  const Properties unsecured{{"sasl.mechanism", "OAUTHBEARER"},
                             {"enable.sasl.oauthbearer.unsecure.jwt", "true"}};
  EXPECT_TRUE(std::holds_alternative<std::monostate>(read_method(unsecured).method));
}

TEST(OAuthMethod, OidcIsSpelledAsLibrdkafkaDoes) {
  Properties properties = oidc();
  properties["sasl.oauthbearer.scope"] = "kafka";
  properties["sasl.oauthbearer.extensions"] = "logicalCluster=lkc-1,identityPoolId=pool=2";
  properties["sasl.oauthbearer.sub.claim.name"] = "azp";
  properties["https.ca.location"] = "/etc/ca.pem";
  const Reading reading = read_method(properties);
  EXPECT_THAT(reading.mistakes, IsEmpty());
  const auto& read = std::get<Oidc>(reading.method);
  EXPECT_EQ(read.endpoint, "https://login.example/token");
  EXPECT_EQ(read.client_id, "auditstream");
  EXPECT_EQ(read.client_secret, "s3cret");
  EXPECT_EQ(read.scope, "kafka");
  EXPECT_EQ(read.principal_claim, "azp");
  EXPECT_EQ(read.ca_file, "/etc/ca.pem");
  EXPECT_THAT(read.extensions,
              ElementsAre(Pair("logicalCluster", "lkc-1"), Pair("identityPoolId", "pool=2")));
  EXPECT_THAT(reading.librdkafka, UnorderedElementsAre(Pair("bootstrap.servers", "kafka.example:9093"),
                                                       Pair("security.protocol", "SASL_SSL"),
                                                       Pair("sasl.mechanism", "OAUTHBEARER")));
}

TEST(OAuthMethod, LibrdkafkasOtherNamesAreTaken) {
  Properties properties = oidc();
  for (const auto& [name, other] :
       {std::pair{"sasl.mechanism", "sasl.mechanisms"},
        std::pair{"sasl.oauthbearer.client.id", "sasl.oauthbearer.client.credentials.client.id"},
        std::pair{"sasl.oauthbearer.client.secret", "sasl.oauthbearer.client.credentials.client.secret"}}) {
    properties[other] = properties.at(name);
    properties.erase(name);
  }
  const Reading reading = read_method(properties);
  EXPECT_THAT(reading.mistakes, IsEmpty());
  EXPECT_EQ(std::get<Oidc>(reading.method).client_secret, "s3cret");
  EXPECT_EQ(reading.librdkafka.at("sasl.mechanism"), "OAUTHBEARER");
  EXPECT_FALSE(reading.librdkafka.contains("sasl.mechanisms"));
}

TEST(OAuthMethod, AMistakeNamesItsProperty) {
  EXPECT_THAT(mistake({{"sasl.mechanism", "OAUTHBEARER"}}), HasSubstr("sasl.mechanism: OAUTHBEARER needs"));
  EXPECT_THAT(mistake(with(oidc(), "sasl.mechanism", "PLAIN")), HasSubstr("sasl.oauthbearer.method: is for"));
  EXPECT_THAT(mistake(with(oidc(), "sasl.oauthbearer.method", "odic")), HasSubstr("\"odic\" is not one of"));
  EXPECT_THAT(mistake(with(oidc(), "sasl.oauthbearer.client.id", "")), HasSubstr("client.id: is needed"));
  EXPECT_THAT(mistake(with(oidc(), "sasl.oauthbearer.client.secret", "")),
              HasSubstr("client.secret: is needed"));
  EXPECT_THAT(mistake(with(oidc(), "sasl.oauthbearer.token.endpoint.url", "login.example")),
              HasSubstr("is not a URL such as"));
  EXPECT_THAT(mistake(with(oidc(), "sasl.oauthbearer.token.endpoint.url", "http://login.example/token")),
              HasSubstr("in clear"));
  EXPECT_EQ(mistake(with(oidc(), "sasl.oauthbearer.token.endpoint.url", "http://127.0.0.1:1/token")),
            "0 mistakes");
  EXPECT_THAT(
      mistake(with(oidc(), "sasl.oauthbearer.grant.type", "urn:ietf:params:oauth:grant-type:jwt-bearer")),
      HasSubstr("grant.type: \"urn:ietf:params:oauth:grant-type:jwt-bearer\" is not supported"));
  EXPECT_THAT(mistake(with(oidc(), "sasl.oauthbearer.metadata.authentication.type", "azure_imds")),
              HasSubstr("only none is"));
  EXPECT_THAT(mistake(with(oidc(), "sasl.oauthbearer.assertion.file", "/a")),
              HasSubstr("assertion.file: is not"));
  EXPECT_THAT(mistake(with(oidc(), "https.ca.pem", "-----BEGIN")), HasSubstr("set kafka.https.ca.location"));
  EXPECT_THAT(mistake(with(oidc(), "sasl.oauthbearer.extensions", "a=1,b")),
              HasSubstr("is not a list such as"));
}

TEST(OAuthMethod, TheRegionOfMskIsInTheNamesOfItsBrokers) {
  const auto region = [](const std::string& servers, const Properties& more = {}) {
    Properties properties{
        {"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "AWS_MSK_IAM"}, {"bootstrap.servers", servers}};
    properties.insert(more.begin(), more.end());
    const Reading reading = read_method(properties);
    EXPECT_THAT(reading.mistakes, IsEmpty());
    EXPECT_EQ(reading.librdkafka.at("sasl.mechanism"), "OAUTHBEARER");
    EXPECT_FALSE(reading.librdkafka.contains("aws.region"));
    return std::get<MskIam>(reading.method).region;
  };
  EXPECT_EQ(
      region(
          "b-1.c.1a2b3c.c2.kafka.eu-west-1.amazonaws.com:9098,b-2.c.1a2b3c.c2.kafka.eu-west-1.amazonaws.com:9098"),
      "eu-west-1");
  EXPECT_EQ(region("boot-x.c3.kafka-serverless.us-east-1.amazonaws.com:9098"), "us-east-1");
  EXPECT_EQ(region("b-1.c.1a2b3c.c2.kafka.cn-north-1.amazonaws.com.cn:9098"), "cn-north-1");
  EXPECT_EQ(region("kafka.internal.example:9098"), "");
  EXPECT_EQ(region("b-1.kafka.eu-west-1.amazonaws.com:9098", {{"aws.region", "eu-north-1"}}), "eu-north-1");
  EXPECT_THAT(mistake({{"sasl.mechanism", "AWS_MSK_IAM"}, {"bootstrap.servers", "a:1"}}),
              HasSubstr("security.protocol: Amazon MSK takes"));
}

TEST(OAuthMethod, WhatIsReadHereNeedsNoLibrdkafka) {
  for (const char* name : {"sasl.oauthbearer.method", "sasl.oauthbearer.client.credentials.client.secret",
                           "sasl.oauthbearer.assertion.claim.aud", "https.ca.location", "aws.region"}) {
    EXPECT_TRUE(is_ours(name)) << name;
  }
  for (const char* name : {"sasl.mechanism", "sasl.mechanisms", "ssl.ca.location", "sasl.oauthbearer.config"})
    EXPECT_FALSE(is_ours(name)) << name;
}

}  // namespace
}  // namespace auditstream::oauth
