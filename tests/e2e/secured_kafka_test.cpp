// Kafka behind TLS, SASL and ACLs: what the README grants is enough, what is missing is named, and what is
// taken away while the binary is at work comes back without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "e2e/asking.h"
#include "e2e/world.h"
#include "paths.h"
#include "support/kafka/acls.h"
#include "support/kafka/secured_broker.h"
#include "support/kafka/topic_writer.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int exit_problem_free = 0;

// A world behind the secured listener, with the section `kafka` of the example.
struct SecuredWorld : World {
  explicit SecuredWorld(const Tenants& tenants, const SecuredBroker& broker = SecuredBroker::shared(),
                        const std::string& mechanism = "PLAIN")
      : World(tenants, broker.bootstrap()),
        environment{{"KAFKA_BROKERS", broker.secured()},
                    {"KAFKA_CA_FILE", broker.ca_file()},
                    {"KAFKA_PASSWORD", broker.password()},
                    {"KAFKA_SASL_MECHANISM", mechanism}} {
    config["kafka"] = YAML::LoadFile(PROJECT_DIR "/config/sasl_ssl.yaml")["kafka"];
    config["offsets"]["partitions"] = 1;  // so that all sources share a shard
  }

  std::string group() const { return config["group"].as<std::string>(); }
  std::string transactional_ids() const { return group() + "-" + offsets_topic() + "-"; }

  // The ACLs of the README, for the names of this world and all of its vendors.
  std::vector<std::string> readme_acls() const {
    std::vector<std::string> commands;
    for (const std::string& line : lines_of(read_file(PROJECT_DIR "/README.md"))) {
      if (!line.starts_with("    kafka-acls.sh --add ")) continue;
      std::istringstream words(line);
      std::string command;
      for (std::string word; words >> word;) command += (command.empty() ? "" : " ") + here(word);
      commands.push_back(command);
    }
    return commands;
  }
  void grant_all() const {
    for (const std::string& command : readme_acls()) grant(bootstrap(), command);
  }

  Finished ended(std::vector<std::string> arguments) {
    return run_to_end(command(std::move(arguments)), environment);
  }
  std::unique_ptr<Child> started() { return start({"run"}, environment); }

  const Environment environment;

 private:
  std::string here(const std::string& word) const {
    if (word == "auditstream") return group();
    if (word == "auditstream-offsets") return offsets_topic();
    if (word == "auditstream-auditstream-offsets-") return transactional_ids();
    std::string topics;
    for (const std::string& vendor : vendors()) {
      if (word == "audit.tines") topics += (topics.empty() ? "" : " --topic ") + topic(vendor);
      if (word == "audit.tines.dlq")
        topics += (topics.empty() ? "" : " --topic ") + dead_letter_topic(vendor);
    }
    return topics.empty() ? word : topics;
  }
};

Tenants few(std::vector<std::string> vendors, int rate) {
  return {.vendors = std::move(vendors),
          .like = "\"history\":60,\"history_span\":\"48h\",\"rate\":" + std::to_string(rate)};
}

std::string acl(const std::string& what) {
  return "kafka-acls.sh --add --allow-principal User:auditstream " + what;
}

TEST(SecuredKafka, ScramOverTlsAndTheReadmesAclsAreEnoughForTheExample) {
  const SecuredBroker broker({.release = SecuredBroker::takes_scram() ? "" : "3.9.2"});
  SecuredWorld world(few({"tines", "workato"}, 5), broker, "SCRAM-SHA-512");
  ASSERT_EQ(world.readme_acls().size(), 6u);
  world.grant_all();
  const Finished check = world.ended({"check"});
  EXPECT_EQ(check.status, exit_problem_free) << check.out << check.err;
  // Before anything is tried: the next Kafka may be another one.
  EXPECT_EQ(world.ended({"check", "--offline"}).err.find("Kafka 4 refuses SCRAM") != std::string::npos,
            !SecuredBroker::takes_scram());
  const auto run = world.started();
  world.until_up_to_date();
  kill_at_once(*run);
  const auto again = world.started();
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  drain(*again);
  EXPECT_THAT(again->err(), Not(HasSubstr("denies")));
  EXPECT_THAT(run->err() + again->err() + check.out, Not(HasSubstr(broker.password())));
}

struct MissingAcl {
  std::string what;
  std::vector<std::string> taken;  // from what the README grants
  std::string missing;             // what the message has to ask for
};

TEST(SecuredKafka, EachMissingAclIsNamedByCheckAndRun) {
  SecuredWorld world(few({"tines"}, 0));
  const std::string offsets = world.offsets_topic(), events = world.topic("tines"),
                    letters = world.dead_letter_topic("tines");
  create_topic(world.bootstrap(), events, 2);
  create_topic(world.bootstrap(), letters, 2);
  create_topic(world.bootstrap(), offsets, 1, {{"cleanup.policy", "compact"}});
  const std::string ids =
      "--transactional-id " + world.transactional_ids() + " --resource-pattern-type prefixed";
  const std::vector<MissingAcl> rows{
      {"reading cursors", {"--operation Read --topic " + offsets}, "--operation Read --topic " + offsets},
      {"writing cursors", {"--operation Write --topic " + offsets}, "--operation Write --topic " + offsets},
      {"seeing cursors",
       {"--operation Describe --operation Read --operation Write --operation Create --operation "
        "DescribeConfigs --topic " +
        offsets},
       "--operation Describe --operation Read --operation Write --topic " + offsets},
      {"writing events", {"--operation Write --topic " + events}, "--operation Write --topic " + events},
      {"writing dead letters",
       {"--operation Write --topic " + letters},
       "--operation Write --topic " + letters},
      {"seeing events and dead letters",
       {"--operation Describe --operation Write --operation Create --operation DescribeConfigs --topic " +
        events + " --topic " + letters},
       "--operation Describe --operation Write --topic " + events + " --topic " + letters},
      {"the group",
       {"--operation Read --group " + world.group()},
       "--operation Read --group " + world.group()},
      {"the owner's writing", {"--operation Write " + ids}, "--operation Describe --operation Write " + ids},
      {"the owner",
       {"--operation Describe --operation Write " + ids},
       "--operation Describe --operation Write " + ids},
  };
  for (const MissingAcl& row : rows) {
    SCOPED_TRACE(row.what);
    world.grant_all();
    for (const std::string& taken : row.taken) revoke(world.bootstrap(), acl(taken));
    const std::string remedy = acl(row.missing);
    const Finished check = world.ended({"check"});
    EXPECT_EQ(check.status, exit_config) << check.out << check.err;
    EXPECT_THAT(check.out, HasSubstr(remedy + "\n"));
    const Finished run = world.ended({"run"});
    EXPECT_EQ(run.status, exit_config) << run.err;
    EXPECT_THAT(run.err, AllOf(HasSubstr(" error code=kafka_misconfigured "), HasSubstr(remedy + "\n")));
    // Exactly that one mends it.
    grant(world.bootstrap(), remedy);
    EXPECT_EQ(world.ended({"check"}).status, exit_problem_free);
  }
  // Whatever was asked, nothing was written.
  for (const std::string& topic : {offsets, events, letters}) {
    EXPECT_EQ(log_end(world.bootstrap(), topic, 0), 0) << topic;
  }
}

TEST(SecuredKafka, AllThatIsMissingIsToldAtOnce) {
  SecuredWorld world(few({"tines"}, 0));
  const Finished check = world.ended({"check"});
  EXPECT_EQ(check.status, exit_config);
  EXPECT_THAT(check.out, AllOf(HasSubstr("--topic " + world.offsets_topic() + "\n"),
                               HasSubstr("--topic " + world.topic("tines") + " --topic " +
                                         world.dead_letter_topic("tines")),
                               HasSubstr("--group " + world.group() + "\n"),
                               HasSubstr("--transactional-id " + world.transactional_ids())));
  EXPECT_THAT(world.ended({"check", "--json"}).out, HasSubstr("\"ok\":false"));
  const Finished cursors = world.ended({"cursors", "list"});
  EXPECT_EQ(cursors.status, exit_config);
  EXPECT_THAT(cursors.err,
              HasSubstr(acl("--operation Describe --operation Read --topic " + world.offsets_topic())));
}

TEST(SecuredKafka, ATopicThatMayNotBeMadeIsNamed) {
  SecuredWorld world(few({"tines"}, 0));
  world.grant_all();
  const std::string missing = acl("--operation Create --topic " + world.topic("tines"));
  revoke(world.bootstrap(), missing);
  const Finished check = world.ended({"check"});
  EXPECT_EQ(check.status, exit_config);
  EXPECT_THAT(check.out, HasSubstr(missing + "\n"));
  const Finished run = world.ended({"run"});
  EXPECT_EQ(run.status, exit_config);
  EXPECT_THAT(run.err, HasSubstr(missing + "\n"));
  create_topic(world.bootstrap(), world.topic("tines"), 2);
  const Finished mended = world.ended({"check"});
  EXPECT_EQ(mended.status, exit_problem_free) << mended.out;
}

TEST(SecuredKafka, ConfigsThatMayNotBeReadAreAWarning) {
  SecuredWorld world(few({"tines"}, 0));
  create_topic(world.bootstrap(), world.topic("tines"), 2);
  world.grant_all();
  const std::string missing = acl("--operation DescribeConfigs --topic " + world.topic("tines"));
  revoke(world.bootstrap(), missing);
  const Finished check = world.ended({"check"});
  EXPECT_EQ(check.status, exit_problem_free) << check.out;
  EXPECT_THAT(check.out, AllOf(HasSubstr("warning"), HasSubstr(missing + "\n")));
  const auto run = world.started();
  world.expect_exactly_once();
  EXPECT_THAT(run->err(), AllOf(HasSubstr(" warn code=kafka_warning "), HasSubstr(missing + "\n")));
  drain(*run);
}

// Read is not among what the README grants, so a cursor that is gone can't be told from one that never was.
TEST(SecuredKafka, ACursorThatMayBeLostIsAWarningWhereTopicsMayNotBeRead) {
  SecuredWorld world(few({"tines", "workato"}, 0));
  world.grant_all();
  auto run = world.started();
  world.expect_exactly_once();
  drain(*run);
  Record tombstone;
  tombstone.topic = world.offsets_topic();
  tombstone.key = World::source("tines");
  write_records(world.bootstrap(), {tombstone});
  const std::string unknown = "topic " + world.topic("tines") + " holds records, and may not be read (";
  const std::string whose = "whether events of acme-tines are among them";
  EXPECT_THAT(world.ended({"check"}).out, AllOf(HasSubstr(unknown), HasSubstr(whose)));
  run = world.started();
  until("it starts", 30s, [&] { return run->err().find(" code=started ") != std::string::npos; });
  EXPECT_THAT(run->err(),
              AllOf(HasSubstr(" warn code=kafka_warning "), HasSubstr(unknown), HasSubstr(whose)));
  EXPECT_THAT(run->err(), Not(HasSubstr("acme-workato are among")));
  kill_at_once(*run);
}

TEST(SecuredKafka, AnAclThatIsTakenAwayStopsOnlyItsSourcesUntilItComesBack) {
  SecuredWorld world(few({"tines", "workato"}, 5));
  world.grant_all();
  const auto run = world.started();
  world.until_up_to_date();
  const std::string taken = acl("--operation Write --topic " + world.topic("tines"));
  revoke(world.bootstrap(), taken);
  until("the missing ACL is named", 60s, [&] { return run->err().find(taken + "\n") != std::string::npos; });
  EXPECT_THAT(run->err(), HasSubstr(" error partition=0 code=commit_failed "));
  world.until_up_to_date({"workato"});
  grant(world.bootstrap(), taken);
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

TEST(SecuredKafka, AnOwnerThatMayNotOwnAnyMoreIsToldAndComesBack) {
  SecuredWorld world(few({"tines"}, 5));
  world.grant_all();
  const auto run = world.started();
  world.until_up_to_date();
  const std::string taken = acl("--operation Describe --operation Write --transactional-id " +
                                world.transactional_ids() + " --resource-pattern-type prefixed");
  revoke(world.bootstrap(), taken);
  until("the missing ACL is named", 60s, [&] { return run->err().find(taken) != std::string::npos; });
  EXPECT_THAT(run->err(), HasSubstr(" error partition=0 code=journal_not_open "));
  const YAML::Node shown = get(*run, "/sources")["sources"][0];
  EXPECT_EQ(shown["state"].as<std::string>(), "FAILED");
  EXPECT_THAT(shown["error"].as<std::string>(), HasSubstr(taken));
  EXPECT_THAT(ask(*run, "GET", "/readyz").body, HasSubstr(taken));
  grant(world.bootstrap(), taken);
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

struct WrongSetting {
  std::string what;
  std::map<std::string, std::string> settings;
  std::vector<std::string> words;
};

TEST(SecuredKafka, AWrongSettingIsNamedAndEndsTheRun) {
  const SecuredBroker& broker = SecuredBroker::shared();
  SecuredWorld world(few({"tines"}, 0));
  world.grant_all();
  const YAML::Node right = YAML::Clone(world.config["kafka"]);
  const std::string port = broker.secured().substr(broker.secured().find(':'));
  const std::vector<WrongSetting> rows{
      {"password", {{"sasl.password", "wr0ng"}}, {"check kafka.sasl.username and kafka.sasl.password"}},
      {"mechanism",
       {{"sasl.mechanism", "SCRAM-SHA-256"}},
       {"set kafka.sasl.mechanism (SCRAM-SHA-256)", "PLAIN,SCRAM-SHA-512"}},
      {"protocol", {{"security.protocol", "PLAINTEXT"}}, {"check kafka.security.protocol (PLAINTEXT)"}},
      {"port", {{"bootstrap.servers", broker.bootstrap()}}, {"check kafka.security.protocol (SASL_SSL)"}},
      {"CA",
       {{"ssl.ca.location", "/etc/ssl/certs/ca-certificates.crt"}},
       {"kafka.ssl.ca.location", "the CA"}},
      {"name",
       {{"bootstrap.servers", "localhost" + port}, {"broker.address.family", "v4"}},
       {"another name than the one in kafka.bootstrap.servers"}},
  };
  for (const WrongSetting& row : rows) {
    SCOPED_TRACE(row.what);
    world.config["kafka"] = YAML::Clone(right);
    for (const auto& [name, value] : row.settings) world.config["kafka"][name] = value;
    const Finished run = world.ended({"run", "--wait-for-kafka", "2s"});
    EXPECT_EQ(run.status, exit_config) << run.err;
    for (const std::string& words : row.words) EXPECT_THAT(run.err, HasSubstr(words));
    const Finished check = world.ended({"check"});
    EXPECT_EQ(check.status, exit_config) << check.out;
    for (const std::string& words : row.words) EXPECT_THAT(check.out, HasSubstr(words));
    EXPECT_THAT(run.err + check.out, Not(HasSubstr("wr0ng")));
  }
}

}  // namespace
}  // namespace auditstream::test
