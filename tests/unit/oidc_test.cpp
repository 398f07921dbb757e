#include "oauth/oidc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"

namespace auditstream::oauth {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const Time now = *parse_rfc3339("2026-11-20T12:00:00Z");

Oidc settings() {
  Oidc oidc;
  oidc.endpoint = "https://login.example/token";
  oidc.client_id = "auditstream";
  oidc.client_secret = "s3cret";
  return oidc;
}

http::Response answer(int status, const std::string& body) {
  http::Response response;
  response.status = status;
  response.body = std::make_shared<const std::string>(body);
  return response;
}

std::string jwt(const std::string& claims) {
  return base64url(R"({"alg":"RS256"})") + "." + base64url(claims) + ".c2ln";
}

std::string with_token(const std::string& token, const std::string& more = "") {
  return R"({"access_token":")" + token + R"(","token_type":"Bearer")" + more + "}";
}

std::string seconds_of(Time time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

TEST(Oidc, AsksWithTheClientsCredentials) {
  Oidc oidc = settings();
  http::Request request = token_request(oidc);
  EXPECT_EQ(request.method, http::Method::post);
  EXPECT_EQ(request.url, "https://login.example/token");
  EXPECT_EQ(request.body, "grant_type=client_credentials");
  EXPECT_EQ(request.headers.at(1).name, "Authorization");
  EXPECT_EQ(request.headers.at(1).value, "Basic YXVkaXRzdHJlYW06czNjcmV0");
  oidc.scope = "api://kafka/.default write";
  oidc.ca_file = "/etc/ca.pem";
  request = token_request(oidc);
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=api%3A%2F%2Fkafka%2F.default%20write");
  EXPECT_EQ(request.route->ca_file, "/etc/ca.pem");
}

TEST(Oidc, ATokenExpiresWhenItSaysSoOrElseWhenItsServerDoes) {
  const std::string claims =
      R"({"sub":"user-1","azp":"me","https://x/id":"u2","exp":)" + seconds_of(now + 5min) + "}";
  Result<Token> token =
      read_token(settings(), answer(200, with_token(jwt(claims), R"(,"expires_in":9999)")), now);
  ASSERT_TRUE(token.ok()) << token.error().message;
  EXPECT_EQ(token->value, jwt(claims));
  EXPECT_EQ(token->expires, now + 5min);
  EXPECT_EQ(token->principal, "user-1");

  Oidc other = settings();
  other.principal_claim = "https://x/id";
  EXPECT_EQ(read_token(other, answer(200, with_token(jwt(claims))), now)->principal, "u2");

  token = read_token(settings(), answer(200, with_token("opaque", R"(,"expires_in":300)")), now);
  ASSERT_TRUE(token.ok()) << token.error().message;
  EXPECT_EQ(token->expires, now + 300s);
  EXPECT_EQ(token->principal, "auditstream");
}

TEST(Oidc, WhatIsNoUsableTokenIsSaid) {
  const auto error = [](const std::string& body) {
    const Result<Token> token = read_token(settings(), answer(200, body), now);
    return token.ok() ? Error{"a token"} : token.error();
  };
  EXPECT_THAT(error("<html>").message, HasSubstr("answered 200 without an access_token; check this URL"));
  EXPECT_THAT(error(with_token("opaque")).message, HasSubstr("don't say when they expire"));
  EXPECT_THAT(error(with_token(jwt(R"({"exp":1e300})"))).message, HasSubstr("don't say when they expire"));
  const Error past = error(with_token(jwt(R"({"exp":)" + seconds_of(now) + "}")));
  EXPECT_THAT(past.message, HasSubstr("have expired at 2026-11-20T12:00:00Z"));
  EXPECT_EQ(past.kind, ErrorKind::uncertain);
}

TEST(Oidc, ARefusalNamesWhatToCheckAndHidesTheSecret) {
  const Result<Token> token = read_token(
      settings(),
      answer(
          401,
          R"({"error":"invalid_client","error_description":"s3cret is\u001b[2J not the secret of auditstream"})"),
      now);
  ASSERT_FALSE(token.ok());
  EXPECT_EQ(token.error().kind, ErrorKind::misconfigured);
  EXPECT_THAT(
      token.error().message,
      AllOf(HasSubstr("kafka.sasl.oauthbearer.token.endpoint.url: https://login.example/token answered 401: "
                      "invalid_client ("),
            HasSubstr("check kafka.sasl.oauthbearer.client.id"), Not(HasSubstr("s3cret")),
            Not(HasSubstr("\x1b"))));
}

TEST(Oidc, ASecretLikeTheWordThatHidesItAndOneInAnAnswerThatBreaksOff) {
  Oidc oidc = settings();
  oidc.client_secret = ".";
  const http::Response echo = answer(401, R"({"error":"invalid_client","error_description":"a.b"})");
  EXPECT_THAT(read_token(oidc, echo, now).error().message, HasSubstr("(a...b)"));
  http::Response broken;
  broken.transport = http::Transport::encoding;
  broken.transport_detail = "Content-Encoding \"s3cret\"";
  EXPECT_THAT(read_token(settings(), broken, now).error().message, Not(HasSubstr("s3cret")));
}

TEST(Oidc, WhoCanMendIt) {
  for (const auto& [status, kind] :
       {std::pair{400, ErrorKind::misconfigured}, std::pair{403, ErrorKind::misconfigured},
        std::pair{404, ErrorKind::misconfigured}, std::pair{302, ErrorKind::misconfigured},
        std::pair{429, ErrorKind::unavailable}, std::pair{500, ErrorKind::unavailable},
        std::pair{503, ErrorKind::unavailable}}) {
    EXPECT_EQ(read_token(settings(), answer(status, ""), now).error().kind, kind) << status;
  }
  http::Response none;
  none.transport = http::Transport::connect;
  none.transport_detail = "Connection refused";
  EXPECT_THAT(read_token(settings(), none, now).error().message,
              HasSubstr("no connection (Connection refused)"));
  EXPECT_EQ(read_token(settings(), none, now).error().kind, ErrorKind::unavailable);
  none.transport = http::Transport::tls;
  for (const auto& [fault, words] :
       {std::pair{http::CertificateFault::authority, "has signed its certificate"},
        std::pair{http::CertificateFault::name, "check the URL: another server answers"},
        std::pair{http::CertificateFault::expired, "its certificate has expired"},
        std::pair{http::CertificateFault::not_yet_valid, "its certificate is not valid yet"},
        std::pair{http::CertificateFault::ours, "it wants a client's certificate"},
        std::pair{http::CertificateFault::other, "check kafka.https.ca.location and the URL"}}) {
    none.certificate = fault;
    const Error error = read_token(settings(), none, now).error();
    EXPECT_THAT(error.message, HasSubstr(words));
    EXPECT_EQ(error.kind, ErrorKind::uncertain);
    EXPECT_EQ(error.message.find("set kafka.https.ca.location") != std::string::npos,
              fault == http::CertificateFault::authority);
  }
}

}  // namespace
}  // namespace auditstream::oauth
