// Kafka behind OAUTHBEARER, with a provider whose signature the broker checks: tokens that expire again and again,
// a provider that is away, and one that refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/asking.h"
#include "e2e/world.h"
#include "paths.h"
#include "support/kafka/acls.h"
#include "support/kafka/secured_broker.h"
#include "support/kafka/token_server.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A session ends after so long, whatever the token says: what can't authenticate again meanwhile is cut off.
constexpr const char* session = "listener.name.sasl_ssl.oauthbearer.connections.max.reauth.ms=4000";
constexpr std::chrono::seconds short_life(8);

const SecuredBroker& broker() {
  static const SecuredBroker one({.properties = {session}});
  return one;
}

// With the section `kafka` of the example.
struct OAuthWorld : World {
  explicit OAuthWorld(int rate)
      : World({.vendors = {"tines", "workato"},
               .like = "\"history\":60,\"history_span\":\"48h\",\"rate\":" + std::to_string(rate)},
              broker().bootstrap()),
        provider(broker().token_key()) {
    config["kafka"] = YAML::LoadFile(PROJECT_DIR "/config/oauth.yaml")["kafka"];
    config["offsets"]["partitions"] = 2;
    const std::string acl = "kafka-acls.sh --add --allow-principal User:auditstream --operation Describe ";
    grant(
        bootstrap(),
        acl + "--operation Read --operation Write --operation Create --operation DescribeConfigs --topic *");
    grant(bootstrap(), acl + "--operation Read --group *");
    grant(bootstrap(), acl + "--operation Write --transactional-id *");
  }

  Environment environment(const std::string& secret = TokenServer::client_secret) const {
    return {{"KAFKA_BROKERS", broker().secured()},
            {"KAFKA_CA_FILE", broker().ca_file()},
            {"KAFKA_TOKEN_URL", provider.url()},
            {"KAFKA_CLIENT_SECRET", secret}};
  }
  Finished ended(std::vector<std::string> arguments, const std::string& secret = TokenServer::client_secret) {
    return run_to_end(command(std::move(arguments)), environment(secret));
  }

  TokenServer provider;
};

// Tokens and the client's secret have no place in any line.
void expect_no_secret(const std::string& text) {
  EXPECT_THAT(text, AllOf(Not(HasSubstr(TokenServer::client_secret)), Not(HasSubstr("eyJhbGciOi"))));
}

TEST(OAuth, TokensThatExpireAgainAndAgainLoseNothing) {
  OAuthWorld world(20);
  world.provider.lifetime = short_life;
  const Finished check = world.ended({"check"});
  EXPECT_EQ(check.status, 0) << check.out << check.err;
  const auto run = world.start({"run"}, world.environment());
  world.until_up_to_date();
  const std::uint64_t given = world.provider.given();
  // Each is asked for when three quarters of the last one's life are over.
  until("four more tokens were given", 120s, [&] { return world.provider.given() >= given + 4; });
  kill_at_once(*run);
  const auto again = world.start({"run"}, world.environment());
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  drain(*again);
  expect_no_secret(check.out + check.err + run->err() + again->err());
}

TEST(OAuth, AProviderThatIsAwayIsNamedUntilItIsBack) {
  OAuthWorld world(5);
  world.provider.lifetime = short_life;
  const auto run = world.start({"run"}, world.environment());
  world.until_up_to_date();
  world.provider.away = true;
  const std::string named = "kafka.sasl.oauthbearer.token.endpoint.url: " + world.provider.url();
  until("the provider is named", 90s, [&] { return run->err().find(named) != std::string::npos; });
  EXPECT_THAT(run->err(), HasSubstr(" code=kafka_unreachable "));
  world.provider.away = false;
  until("Kafka is back", 90s, [&] { return run->err().find(" code=kafka_reachable ") != std::string::npos; });
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
  expect_no_secret(run->err());
}

TEST(OAuth, AProviderThatIsAwayFromTheStartIsNoMistakeOfTheConfig) {
  OAuthWorld world(0);
  world.provider.away = true;
  const std::string named = "kafka.sasl.oauthbearer.token.endpoint.url: " + world.provider.url();
  const Finished check = world.ended({"check"});
  EXPECT_EQ(check.status, exit_unavailable) << check.out;
  EXPECT_THAT(check.out, HasSubstr(named));
  const Finished run = world.ended({"run", "--wait-for-kafka", "2s"});
  EXPECT_EQ(run.status, exit_unavailable) << run.err;
  EXPECT_THAT(run.err, HasSubstr(named));
}

TEST(OAuth, WhoeverRefusesIsToldFromTheOther) {
  OAuthWorld world(0);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"check"}, std::vector<std::string>{"run", "--wait-for-kafka", "2s"}}) {
    const Finished wrong = world.ended(arguments, "wr0ng-s3cret");
    EXPECT_EQ(wrong.status, exit_config) << wrong.out << wrong.err;
    EXPECT_THAT(wrong.out + wrong.err,
                AllOf(HasSubstr("answered 401: invalid_client"),
                      HasSubstr("check kafka.sasl.oauthbearer.client.id"), Not(HasSubstr("wr0ng"))));
  }
  for (std::atomic<bool>* const wrong : {&world.provider.for_another, &world.provider.forged}) {
    *wrong = true;
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"check"}, std::vector<std::string>{"run", "--wait-for-kafka", "2s"}}) {
      const Finished refused = world.ended(arguments);
      EXPECT_EQ(refused.status, exit_config) << refused.out << refused.err;
      EXPECT_THAT(refused.out + refused.err, HasSubstr("the broker refuses the token"));
      expect_no_secret(refused.out + refused.err);
    }
    *wrong = false;
  }
}

}  // namespace
}  // namespace auditstream::test
