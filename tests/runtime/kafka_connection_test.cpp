// The tokens of a connection, over real sockets: an OIDC provider and EC2's metadata service, as stand-ins.
#include "runtime/kafka_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "base/base64.h"
#include "support/child.h"
#include "support/http_server.h"

namespace auditstream::runtime {
namespace {

using test::HttpServer;
using test::json_reply;
using test::Reply;
using testing::ElementsAre;
using testing::HasSubstr;

config::Config config_with(std::map<std::string, std::string> kafka) {
  config::Config config;
  config.kafka = std::move(kafka);
  return config;
}

std::map<std::string, std::string> oidc(const HttpServer& provider) {
  return {{"bootstrap.servers", "127.0.0.1:1"},
          {"sasl.mechanism", "OAUTHBEARER"},
          {"sasl.oauthbearer.method", "oidc"},
          {"sasl.oauthbearer.client.id", "auditstream"},
          {"sasl.oauthbearer.client.secret", "s3cret"},
          {"sasl.oauthbearer.token.endpoint.url", provider.origin() + "/token"}};
}

kafka::Connection to_msk() {
  return kafka_connection(config_with({{"bootstrap.servers", "b-1.x.c2.kafka.eu-west-1.amazonaws.com:9098"},
                                       {"security.protocol", "SASL_SSL"},
                                       {"sasl.mechanism", "AWS_MSK_IAM"}}),
                          "me");
}

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(KafkaConnection, WithoutOAuthHasNoTokens) {
  const kafka::Connection connection =
      kafka_connection(config_with({{"sasl.mechanism", "PLAIN"}, {"bootstrap.servers", "a:1"}}), "me");
  EXPECT_EQ(connection.tokens, nullptr);
  EXPECT_EQ(connection.client_id, "me");
  EXPECT_EQ(connection.properties.at("sasl.mechanism"), "PLAIN");
}

TEST(KafkaConnection, AsksOnceForAllWhoComeAtOnce) {
  std::atomic<int> asked = 0;
  const auto provider = *HttpServer::listen({}, [&](const test::Request&) {
    Reply reply =
        json_reply(200, R"({"access_token":"t)" + std::to_string(++asked) + R"(","expires_in":300})");
    reply.delay = 200ms;
    return reply;
  });
  const kafka::Connection connection = kafka_connection(config_with(oidc(*provider)), "me");
  std::vector<std::thread> handles;
  std::mutex mutex;
  std::vector<std::string> got;
  for (int i = 0; i < 8; ++i) {
    handles.emplace_back([&] {
      const Result<oauth::Token> token = (*connection.tokens)();
      const std::lock_guard lock(mutex);
      got.push_back(token.ok() ? token->value : token.error().message);
    });
  }
  for (std::thread& handle : handles) handle.join();
  EXPECT_THAT(got, testing::Each("t1"));
  EXPECT_EQ(asked, 1);
}

TEST(KafkaConnection, AFailureIsNotAskedForAgainAtOnce) {
  std::atomic<int> asked = 0;
  const auto provider = *HttpServer::listen({}, [&](const test::Request&) {
    ++asked;
    return json_reply(503, "");
  });
  const kafka::Connection connection = kafka_connection(config_with(oidc(*provider)), "me");
  for (int i = 0; i < 3; ++i) {
    const Result<oauth::Token> token = (*connection.tokens)();
    ASSERT_FALSE(token.ok());
    EXPECT_THAT(token.error().message, HasSubstr("answered 503"));
    EXPECT_EQ(token.error().kind, ErrorKind::unavailable);
  }
  EXPECT_EQ(asked, 1);
}

TEST(KafkaConnection, ToMskTakesTheInstancesRole) {
  std::mutex mutex;
  std::vector<std::string> asked;
  const auto metadata = *HttpServer::listen({}, [&](const test::Request& request) {
    const std::lock_guard lock(mutex);
    asked.push_back(request.method + " " + std::string(request.path()));
    const std::string path(request.path());
    const std::string roles = "/latest/meta-data/iam/security-credentials/";
    if (request.method == "PUT" && path == "/latest/api/token" &&
        request.header("x-aws-ec2-metadata-token-ttl-seconds"))
      return json_reply(200, "session");
    if (request.header("x-aws-ec2-metadata-token") != "session") return json_reply(401, "");
    if (path == roles) return json_reply(200, "producer");
    return json_reply(200, R"({"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"sk","Token":"st",)"
                           R"("Expiration":"2096-11-20T18:00:00Z"})");
  });
  const Variable endpoint("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata->origin());
  const Variable home("HOME", "/nowhere");
  const kafka::Connection connection = to_msk();
  EXPECT_EQ(connection.properties.at("sasl.mechanism"), "OAUTHBEARER");
  const Result<oauth::Token> token = (*connection.tokens)();
  ASSERT_TRUE(token.ok()) << token.error().message;
  EXPECT_THAT(from_base64url(token->value).value_or(""), HasSubstr("X-Amz-Credential=ASIA1%2F"));
  EXPECT_THAT(asked, ElementsAre("PUT /latest/api/token", "GET /latest/meta-data/iam/security-credentials/",
                                 "GET /latest/meta-data/iam/security-credentials/producer"));
}

// EKS Pod Identity: the agent's address, and a token in a file.
TEST(KafkaConnection, ToMskTakesTheContainersCredentials) {
  const test::TemporaryDirectory directory;
  const std::string token_file = directory.path() / "token";
  std::mutex mutex;
  std::vector<std::string> asked;
  const auto agent = *HttpServer::listen({}, [&](const test::Request& request) {
    const std::lock_guard lock(mutex);
    const auto authorization = request.header("authorization");
    asked.push_back(std::string(request.path()) + " " + std::string(authorization.value_or("")));
    return json_reply(200, R"({"AccessKeyId":"ASIA2","SecretAccessKey":"sk","Token":"st",)"
                           R"("Expiration":"2096-11-20T18:00:00Z"})");
  });
  const Variable endpoint("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent->origin() + "/v1/credentials");
  const Variable file("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_file);
  const Variable home("HOME", "/nowhere");
  for (const char* token : {"first", "second"}) {
    test::write_file(token_file, std::string(token) + "\n");
    const Result<oauth::Token> got = (*to_msk().tokens)();
    ASSERT_TRUE(got.ok()) << got.error().message;
    EXPECT_THAT(from_base64url(got->value).value_or(""), HasSubstr("X-Amz-Credential=ASIA2%2F"));
  }
  EXPECT_THAT(asked, ElementsAre("/v1/credentials first", "/v1/credentials second"));
}

}  // namespace
}  // namespace auditstream::runtime
