// Where credentials are looked for, in a world that is made of maps. Sources: see aws_credentials.cpp.
#include "oauth/aws_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "oauth/msk_iam.h"

namespace auditstream::oauth {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const Time now = *parse_rfc3339("2026-11-20T12:00:00Z");

struct Fake {
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> files;
  std::map<std::string, std::pair<int, std::string>> answers;  // by "PUT http://..."
  std::vector<http::Request> asked;

  World world() {
    return {[this](http::Request request) {
              asked.push_back(request);
              const char* const method = request.method == http::Method::get    ? "GET "
                                         : request.method == http::Method::post ? "POST "
                                                                                : "PUT ";
              http::Response response;
              const auto found = answers.find(method + request.url);
              if (found == answers.end()) {
                response.transport = http::Transport::connect;
                response.transport_detail = "Connection refused";
              } else {
                response.status = found->second.first;
                response.body = std::make_shared<const std::string>(found->second.second);
              }
              return response;
            },
            [this](const std::string& name) -> std::optional<std::string> {
              const auto found = environment.find(name);
              if (found == environment.end()) return std::nullopt;
              return found->second;
            },
            [this](const std::string& path) -> Result<std::string> {
              const auto found = files.find(path);
              if (found == files.end()) return Error{path + ": can't be read"};
              return found->second;
            },
            [] { return now; }};
  }
  Result<AwsCredentials> find() { return find_aws_credentials("eu-west-1", world()); }
  std::string found() {
    const Result<AwsCredentials> credentials = find();
    return credentials.ok() ? credentials->access_key_id + " " + credentials->secret_access_key + " " +
                                  credentials->session_token
                            : credentials.error().message;
  }
};

std::string document(const std::string& id, const std::string& expires = "2026-11-20T18:00:00Z") {
  return R"({"Code":"Success","AccessKeyId":")" + id +
         R"(","SecretAccessKey":"sk","Token":"st","Expiration":")" + expires + R"("})";
}

constexpr const char* sts_answer =
    R"(<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/auditstream</Arn></AssumedRoleUser>
    <Credentials><SessionToken>AQoD==</SessionToken><SecretAccessKey>sk/+</SecretAccessKey>
      <Expiration>2026-11-20T13:00:00Z</Expiration><AccessKeyId>ASIA1</AccessKeyId></Credentials>
  </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>)";

TEST(AwsCredentials, OfTheEnvironmentComeFirst) {
  Fake fake;
  fake.environment = {{"AWS_ACCESS_KEY_ID", "AKIA1"},
                      {"AWS_SECRET_ACCESS_KEY", "sk"},
                      {"AWS_SESSION_TOKEN", "st"},
                      {"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"},
                      {"AWS_ROLE_ARN", "arn:r"}};
  EXPECT_EQ(fake.found(), "AKIA1 sk st");
  fake.environment.erase("AWS_SECRET_ACCESS_KEY");
  EXPECT_THAT(fake.found(),
              HasSubstr("the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) has no complete"));
}

TEST(AwsCredentials, OfAWebIdentityAreThoseOfTheRoleInAStableSession) {
  Fake fake;
  fake.environment = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "arn:aws:iam::1:role/r"}};
  fake.files["/token"] = "ey.j.w\n";
  fake.answers["POST https://sts.eu-west-1.amazonaws.com/"] = {200, sts_answer};
  EXPECT_EQ(fake.found(), "ASIA1 sk/+ AQoD==");
  EXPECT_EQ(fake.find()->expires, *parse_rfc3339("2026-11-20T13:00:00Z"));
  EXPECT_EQ(fake.asked.back().body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
            "&RoleSessionName=auditstream&WebIdentityToken=ey.j.w");
  fake.environment["AWS_ROLE_SESSION_NAME"] = "mine";
  EXPECT_EQ(fake.found(), "ASIA1 sk/+ AQoD==");
  EXPECT_THAT(fake.asked.back().body, HasSubstr("&RoleSessionName=mine&"));

  fake.answers["POST https://sts.eu-west-1.amazonaws.com/"] = {
      403,
      "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized by ey.j.w</Message></Error></ErrorResponse>"};
  EXPECT_THAT(fake.found(),
              AllOf(HasSubstr("answered 403: AccessDenied Not authorized by ..."), Not(HasSubstr("ey.j.w"))));
  EXPECT_EQ(fake.find().error().kind, ErrorKind::misconfigured);
  fake.files.clear();
  EXPECT_THAT(fake.found(), HasSubstr("AWS_WEB_IDENTITY_TOKEN_FILE: /token: can't be read"));
}

TEST(AwsCredentials, OfAProfileAreInTheSharedFiles) {
  Fake fake;
  fake.environment["HOME"] = "/home/a";
  fake.files["/home/a/.aws/credentials"] =
      "# mine\n[default]\naws_access_key_id = AKIA1\naws_secret_access_key=sk=1\n\n[other]\r\naws_access_key_id=AKIA2\r\n"
      "aws_secret_access_key=sk2\r\naws_session_token=st2\r\n";
  EXPECT_EQ(fake.found(), "AKIA1 sk=1 ");
  fake.environment["AWS_PROFILE"] = "other";
  EXPECT_EQ(fake.found(), "AKIA2 sk2 st2");
  fake.environment["AWS_PROFILE"] = "third";
  EXPECT_THAT(fake.found(), HasSubstr("the profile third of the shared files has no complete credentials"));
  fake.files["/home/a/.aws/config"] = "[profile third]\nrole_arn=arn:r\nsource_profile=default\n";
  EXPECT_THAT(fake.found(), HasSubstr("has source_profile, which is not supported"));
  fake.files["/home/a/.aws/config"] = "[profile third]\nrole_arn=arn:r\nweb_identity_token_file=/token\n";
  fake.files["/token"] = "ey";
  fake.answers["POST https://sts.eu-west-1.amazonaws.com/"] = {200, sts_answer};
  EXPECT_EQ(fake.found(), "ASIA1 sk/+ AQoD==");
}

TEST(AwsCredentials, OfAContainerComeFromItsEndpoint) {
  Fake fake;
  fake.environment = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1"}};
  fake.answers["GET http://169.254.170.2/v2/credentials/1"] = {200, document("ASIA2")};
  EXPECT_EQ(fake.found(), "ASIA2 sk st");

  fake.environment = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"},
                      {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/pod"}};
  fake.files["/pod"] = "pod-token\n";
  fake.answers["GET http://169.254.170.23/v1/credentials"] = {200, document("ASIA3")};
  EXPECT_EQ(fake.found(), "ASIA3 sk st");
  EXPECT_EQ(fake.asked.back().headers.at(0).value, "pod-token");

  fake.answers["GET http://169.254.170.23/v1/credentials"] = {400, R"({"message":"not so: pod-token"})"};
  EXPECT_THAT(fake.found(), AllOf(HasSubstr("not so: ..."), Not(HasSubstr("pod-token"))));

  // Who can set a variable must not be able to send the pod's token anywhere.
  fake.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://attacker.example/";
  EXPECT_THAT(fake.found(), HasSubstr("neither https:// nor an address of this machine"));
}

TEST(AwsCredentials, OfAnInstanceComeFromItsMetadataInASession) {
  Fake fake;
  const std::string base = "http://169.254.169.254/latest/";
  fake.answers["PUT " + base + "api/token"] = {200, "session-1"};
  fake.answers["GET " + base + "meta-data/iam/security-credentials/"] = {200, "my-role\n"};
  fake.answers["GET " + base + "meta-data/iam/security-credentials/my-role"] = {200, document("ASIA4")};
  EXPECT_EQ(fake.found(), "ASIA4 sk st");
  EXPECT_EQ(fake.asked.back().headers.at(0).name, "X-aws-ec2-metadata-token");
  EXPECT_EQ(fake.asked.back().headers.at(0).value, "session-1");

  fake.answers["GET " + base + "meta-data/iam/security-credentials/"] = {404, ""};
  EXPECT_THAT(fake.found(), HasSubstr("the instance has no role"));
  fake.answers.clear();
  EXPECT_THAT(fake.found(),
              AllOf(HasSubstr("http://169.254.169.254: no connection (Connection refused); none are in the"),
                    HasSubstr("~/.aws")));
  EXPECT_EQ(fake.find().error().kind, ErrorKind::uncertain);
  fake.environment["AWS_EC2_METADATA_DISABLED"] = "true";
  EXPECT_THAT(fake.found(), HasSubstr("AWS_EC2_METADATA_DISABLED"));
}

TEST(AwsCredentials, ThatExpireAtOnceAreNone) {
  Fake fake;
  fake.environment = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/1"}};
  fake.answers["GET http://169.254.170.2/1"] = {200, document("ASIA5", "2026-11-20T12:00:59Z")};
  EXPECT_THAT(fake.found(), HasSubstr("expire at 2026-11-20T12:00:59Z"));
  EXPECT_EQ(fake.find().error().kind, ErrorKind::unavailable);
}

TEST(MskRegion, IsTheClustersOrTheEnvironments) {
  Fake fake;
  EXPECT_EQ(*region_of({"eu-west-1"}, fake.world()), "eu-west-1");
  EXPECT_THAT(region_of({""}, fake.world()).error().message, HasSubstr("kafka.aws.region: is needed"));
  fake.environment["AWS_DEFAULT_REGION"] = "eu-central-1";
  EXPECT_EQ(*region_of({""}, fake.world()), "eu-central-1");
  fake.environment["AWS_REGION"] = "eu-north-1";
  EXPECT_EQ(*region_of({""}, fake.world()), "eu-north-1");
}

}  // namespace
}  // namespace auditstream::oauth
