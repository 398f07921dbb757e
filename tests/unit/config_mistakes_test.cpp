// Each mistake that a config can hold: its line, its path, its words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "config/secret_reader.h"
#include "unit/config_text.h"

namespace auditstream::config {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Case {
  const char* text;
  int line;
  const char* path;
  const char* fragment;
};

class ConfigMistakes : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("CONFIG_TEST_KEY", "sesame-5f3a", 1);
    ::setenv("CONFIG_TEST_EMPTY", "", 1);
    ::setenv("CONFIG_TEST_BLANK", " \n", 1);
    ::setenv("CONFIG_TEST_TWO_LINES", "sesame\n5f3a", 1);
    ::unsetenv("CONFIG_TEST_UNSET");
  }

  void expect_one(const std::string& text, const Case& expected) {
    SCOPED_TRACE(text);
    const Loaded loaded = folder_.load(text);
    EXPECT_EQ(loaded.config, nullptr);
    ASSERT_EQ(loaded.mistakes.size(), 1u) << ::testing::PrintToString(lines_of(loaded.mistakes));
    const Finding& mistake = loaded.mistakes[0];
    EXPECT_EQ(mistake.line, expected.line);
    EXPECT_EQ(mistake.path, expected.path);
    EXPECT_THAT(mistake.message, HasSubstr(expected.fragment));
  }

  ConfigFolder folder_;
};

// A source that lacks nothing, in flow style: what a case adds stands in a line of its own.
const std::string workato = "  - {name: w, vendor: workato, api_token: \"${env:CONFIG_TEST_KEY}\"}\n";

TEST_F(ConfigMistakes, OfTheWholeFile) {
  const Case cases[] = {
      {"", 0, "", "is empty"},
      {"# only a comment\n", 0, "", "is empty"},
      {"- a\n- b\n", 1, "", "must be a map"},
      {"just words\n", 1, "", "must be a map"},
      {"kafka: {a: b\nsources: [\n", 2, "", "not valid YAML"},
      {"kafka:\n\tgroup: x\n", 2, "", "not valid YAML"},
      {"group: a\n---\ngroup: b\n", 3, "", "a second YAML document"},
      {"group: *sesame-5f3a\n", 1, "", "not valid YAML: the referenced anchor is not defined"},
      {"{[a]: b}\n", 1, "", "a key must be a plain name"},
  };
  for (const Case& expected : cases) expect_one(expected.text, expected);
}

TEST_F(ConfigMistakes, ThatAliasesMultiply) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) bomb += (i == 0 ? "*" : ", *") + before;
    bomb += "]\n";
  }
  const Loaded loaded = folder_.load(bomb);
  ASSERT_EQ(loaded.mistakes.size(), 1u);
  EXPECT_THAT(loaded.mistakes[0].message, HasSubstr("aliases multiply"));

  // Few values can be many bytes, an included file is bounded like the config, and an anchor costs a copy
  // even if nobody names it.
  const std::string text(64 << 10, 'x');  // yaml-cpp is slow: small files that copy much
  std::string heavy = "- &a " + text + "\n";
  for (int i = 0; i < 300; ++i) heavy += "- *a\n";
  const std::string included = folder_.write("heavy.yaml", heavy);
  const Loaded by_include = folder_.load(with_sources(workato) + "include: [heavy.yaml]\n");
  ASSERT_EQ(by_include.mistakes.size(), 1u);
  EXPECT_EQ(by_include.mistakes[0].file, included);
  EXPECT_THAT(by_include.mistakes[0].message, HasSubstr("aliases multiply"));
  std::string nested = text;
  for (int i = 0; i < 300; ++i) nested = "&a" + std::to_string(i) + " [" + nested + "]";
  const Loaded anchored = folder_.load("group: " + nested + "\n");
  ASSERT_EQ(anchored.mistakes.size(), 1u);
  EXPECT_THAT(anchored.mistakes[0].message, HasSubstr("aliases multiply"));
}

TEST_F(ConfigMistakes, ThatNestTooDeep) {
  const Loaded loaded = folder_.load(std::string(100'000, '['));
  ASSERT_EQ(loaded.mistakes.size(), 1u);
  EXPECT_THAT(loaded.mistakes[0].message, HasSubstr("YAML"));
}

// Lines appended to a valid config of 4 lines: the first of them is line 5.
TEST_F(ConfigMistakes, AroundTheSources) {
  const Case cases[] = {
      {"grup: x\n", 5, "grup", "did you mean \"group\"?"},
      {"Group: x\n", 5, "Group", "did you mean \"group\"?"},
      {"group: ''\n", 5, "group", "is not a group"},
      {"group: a b\n", 5, "group", "\"a b\" is not a group"},
      {"group:\n", 5, "group", "has no value"},
      {"group: [a]\n", 5, "group", "a list stands where a single value belongs"},
      {"group: a\ngroup: b\n", 6, "group", "is given twice, first in line 5"},
      {"group: ${env:CONFIG_TEST_UNSET}\n", 5, "group", "environment variable CONFIG_TEST_UNSET is not set"},
      {"group: a-${env:CONFIG_TEST_UNSET}\n", 5, "group",
       "environment variable CONFIG_TEST_UNSET is not set"},
      {"group: ${vault:x}\n", 5, "group", "only env:NAME, env:NAME:-fallback or file:/path"},
      {"group: ${env:}\n", 5, "group", "needs the name of an environment variable"},
      {"group: ${env:A\n", 5, "group", "no closing"},
      {"group: ${file:relative}\n", 5, "group", "needs an absolute path"},
      {"group: ${file:/nowhere/at/all}\n", 5, "group", "can't read /nowhere/at/all: No such file"},
      {"group: ${file:/}\n", 5, "group", "not a regular file"},
      {"topics: {event: x}\n", 5, "topics.event", "did you mean \"events\"?"},
      {"topics: audit\n", 5, "topics", "a single value stands where a map"},
      {"topics: {events: 'audit.{tenant}'}\n", 5, "topics.events",
       "{tenant} is not one of {vendor}, {source}"},
      {"topics: {events: 'audit.{vendor'}\n", 5, "topics.events", "without \"}\""},
      {"topics: {events: audit/x}\n", 5, "topics.events", "\"audit/x\" is not a topic name"},
      {"topics: {events: ''}\n", 5, "topics.events", "is empty"},
      {"topics: {events: __consumer_offsets}\n", 5, "topics.events", "a topic of Kafka's own"},
      {"topics:\n  events: a\n  dead_letters: a\n", 7, "topics.dead_letters",
       "must differ from topics.events"},
      {"topics:\n  events: auditstream-offsets\n", 6, "topics.events", "must differ from offsets.topic"},
      {"topics:\n  partitions: 0\n", 6, "topics.partitions", "\"0\" is not between 1 and"},
      {"topics:\n  partitions: six\n", 6, "topics.partitions", "\"six\" is not a whole number"},
      {"topics:\n  partitions: 99999999999999999999\n", 6, "topics.partitions", "is not between 1 and"},
      {"topics:\n  replication_factor: 0\n", 6, "topics.replication_factor", "neither -1"},
      {"topics:\n  config: [a]\n", 6, "topics.config", "a list stands where a map"},
      {"topics:\n  config: {a: [b]}\n", 6, "topics.config.a", "a list stands where a single value"},
      {"offsets: {topic: a b}\n", 5, "offsets.topic", "\"a b\" is not a topic name"},
      {"offsets: {topic: 'audit.{vendor}'}\n", 5, "offsets.topic", "is not a topic name"},
      {"offsets: {topic: audit.workato}\n", 5, "offsets.topic", "also what comes out of topics.events"},
      {"offsets: {topic: audit.workato.dlq}\n", 5, "offsets.topic",
       "also what comes out of topics.dead_letters"},
      {"heartbeats: {topic: a b}\n", 5, "heartbeats.topic", "\"a b\" is not a topic name"},
      {"heartbeats: {topic: auditstream-offsets}\n", 5, "heartbeats.topic", "must differ from offsets.topic"},
      {"heartbeats: {topic: audit.workato}\n", 5, "heartbeats.topic", "also what comes out of"},
      {"heartbeats: {topic: audit.workato.dlq}\n", 5, "heartbeats.topic",
       "also what comes out of topics.dead_letters"},
      {"heartbeats: {interval: 0s}\n", 5, "heartbeats.interval", "\"0s\" is less than 1s"},
      {"heartbeats: {interval: 2d}\n", 5, "heartbeats.interval", "\"2d\" is more than"},
      {"heartbeats: {interval: often}\n", 5, "heartbeats.interval", "often"},
      {"heartbeats: on\n", 5, "heartbeats", "map"},
      {"heartbeats: {every: 30s}\n", 5, "heartbeats.every", "interval"},
      {"offsets: {partitions: 0}\n", 5, "offsets.partitions", "is not between 1 and"},
      {"offsets: {replication_factor: -2}\n", 5, "offsets.replication_factor", "neither -1"},
      {"http: {listen: 8083}\n", 5, "http.listen", "\"8083\" is neither host:port"},
      {"http: {listen: 'localhost:65536'}\n", 5, "http.listen", "is neither host:port"},
      {"http: {listen: ':8083'}\n", 5, "http.listen", "is neither host:port"},
      {"http: {token: ''}\n", 5, "http.token", "is empty"},
      {"http: {token: x}\n", 5, "http.token", "is shorter than 8 characters and can be guessed"},
      {"http:\n  listen: 0.0.0.0:1\n  token: sevench\n", 7, "http.token", "is shorter than 8 characters"},
      {"http: {token: '${env:CONFIG_TEST_UNSET}'}\n", 5, "http.token", "CONFIG_TEST_UNSET is not set"},
      {"http: {hosts: example}\n", 5, "http.hosts", "a single value stands where a list belongs"},
      {"http: {hosts: ['http://example']}\n", 5, "http.hosts[0]", "is not a host name"},
      {"metrics: {per_source: maybe}\n", 5, "metrics.per_source", "\"maybe\" is not true or false"},
      {"metrics: {per_sources: true}\n", 5, "metrics.per_sources", "did you mean \"per_source\"?"},
      {"log: {level: verbose}\n", 5, "log.level", "\"verbose\" is not one of debug, info, warn, error"},
      {"log: {format: xml}\n", 5, "log.format", "\"xml\" is not one of text, json"},
      {"defaults: {poll_interval: 30}\n", 5, "defaults.poll_interval", "\"30\" has no unit"},
      {"defaults: {name: x}\n", 5, "defaults.name", "no such setting here: there are backfill_start_time, "},
      {"wholly_unlike: x\n", 5, "wholly_unlike", "no such setting here: there are group, kafka, "},
      {"group:x: y\n", 5, "group...", "a blank is missing after the colon"},
      {"log: {level:debug}\n", 5, "log.level...", "a blank is missing after the colon"},
      {"include: [{path: 'a/*.yaml', env: [A B]}]\n", 5, "include[0].env[0]",
       "not the beginning of a variable"},
      {"include: [{path: 'a/*.yaml', file: [/run/secrets]}]\n", 5, "include[0].file[0]", "slash at its end"},
      {"include: [{path: 'a/*.yaml', file: [/run/../etc/]}]\n", 5, "include[0].file[0]",
       "not an absolute folder"},
      {"include: [{path: 'a/*.yaml', files: [/run/]}]\n", 5, "include[0].files", "did you mean \"file\"?"},
      {"include: [{env: [A_]}]\n", 5, "include[0].path", "is required"},
      {"include: ['']\n", 5, "include[0]", "is empty"},
      {"defaults: {lane: 1}\n", 5, "defaults.lane", "did you mean \"lanes\"?"},
      {"defaults: {page_size: 101}\n", 5, "defaults.page_size", "Workato's maximum of 100"},
      {"defaults: {topic: 'a.{b}'}\n", 5, "defaults.topic", "{b} is not one of"},
      {"include: sources.d/*.yaml\n", 5, "include", "a single value stands where a list belongs"},
      {"include: [none.yaml]\n", 5, "include[0]", "none.yaml\": No such file"},
  };
  for (const Case& expected : cases) expect_one(with_sources(workato) + expected.text, expected);
}

TEST_F(ConfigMistakes, InKafka) {
  const Case cases[] = {
      {"", 1, "kafka.bootstrap.servers", "is required"},
      {"  client.id: x\n", 1, "kafka.bootstrap.servers", "is required"},
      {"  bootstrap.servers: ''\n", 2, "kafka.bootstrap.servers", "is empty"},
      {"  bootstrap.servers: [a, b]\n", 2, "kafka.bootstrap.servers", "a list stands where a single value"},
      {"  bootstrap.servers: a\n  transactional.id: x\n", 3, "kafka.transactional.id", "delete this line"},
      {"  bootstrap.servers: a\n  acks: 1\n", 3, "kafka.acks", "exactly-once"},
      {"  bootstrap.servers: a\n  request.required.acks: 1\n", 3, "kafka.request.required.acks",
       "exactly-once"},
      {"  bootstrap.servers: a\n  enable.idempotence: false\n", 3, "kafka.enable.idempotence",
       "exactly-once"},
      {"  bootstrap.servers: a\n  isolation.level: x\n", 3, "kafka.isolation.level", "exactly-once"},
      {"  bootstrap.servers: a\n  enable.auto.commit: true\n", 3, "kafka.enable.auto.commit",
       "offsets topic"},
      {"  bootstrap.servers: a\n  group.id: x\n", 3, "kafka.group.id", "set \"group\" at the top"},
      {"  bootstrap.servers: a\n  sasl.password: ${env:CONFIG_TEST_EMPTY}\n", 3, "kafka.sasl.password",
       "${env:CONFIG_TEST_EMPTY} is empty"},
  };
  for (const Case& expected : cases)
    expect_one("kafka:\n" + std::string(expected.text) + "sources:\n" + workato, expected);
  expect_one("sources:\n" + workato, {"", 0, "kafka.bootstrap.servers", "is required"});
}

// One Tines source whose last line is line 7.
TEST_F(ConfigMistakes, InASource) {
  const std::string source =
      "  - name: t\n    vendor: tines\n    api_key: ${env:CONFIG_TEST_KEY}\n    tenant_domain: "
      "acme.tines.com\n";
  const Case cases[] = {
      {"poll_interval: 30", 8, "sources[0].poll_interval", "\"30\" has no unit"},
      {"poll_interval: 99ms", 8, "sources[0].poll_interval", "\"99ms\" is less than 100ms"},
      {"poll_interval: ''", 8, "sources[0].poll_interval", "is empty"},
      {"overlap: 25h", 8, "sources[0].overlap", "\"25h\" is more than"},
      {"overlap: -1s", 8, "sources[0].overlap", "\"-1s\" is not a duration"},
      {"backfill: later", 8, "sources[0].backfill", "\"later\" is not one of alongside, first"},
      {"lanes: 0", 8, "sources[0].lanes", "\"0\" is not between 1 and 64, nor auto"},
      {"lanes: 65", 8, "sources[0].lanes", "is not between 1 and 64"},
      {"lanes: many", 8, "sources[0].lanes", "\"many\" is not a whole number, nor auto"},
      {"account: ''", 8, "sources[0].account", "is empty"},
      {"rate_limit: 1000", 8, "sources[0].rate_limit", "\"1000\" is not a rate"},
      {"rate_limit: 0/s", 8, "sources[0].rate_limit", "allows no request"},
      {"rate_limit: 5/0s", 8, "sources[0].rate_limit", "allows no request"},
      {"rate_limit: -5/s", 8, "sources[0].rate_limit", "is not a rate"},
      {"rate_limit: 10/fortnight", 8, "sources[0].rate_limit", "is not a rate"},
      {"rate_limit: []", 8, "sources[0].rate_limit", "is an empty list"},
      {"rate_limit: [10/s, x]", 8, "sources[0].rate_limit[1]", "\"x\" is not a rate"},
      {"page_size: 0", 8, "sources[0].page_size", "\"0\" is not between 1"},
      {"page_size: 501", 8, "sources[0].page_size", "501 is more than Tines's maximum of 500"},
      {"base_url: acme.tines.com", 8, "sources[0].base_url", "must start with https://"},
      {"base_url: http://acme.tines.com", 8, "sources[0].base_url", "loopback"},
      {"base_url: http://127.0.0.1.example", 8, "sources[0].base_url", "loopback"},
      {"base_url: https://acme.tines.com/", 8, "sources[0].base_url", "no path, query or trailing slash"},
      {"base_url: https://acme.tines.com?a=b", 8, "sources[0].base_url", "no path, query or trailing slash"},
      {"base_url: https://me:sesame-5f3a@acme.tines.com", 8, "sources[0].base_url", "must not hold a user"},
      {"base_url: https://acme_.tines.com", 8, "sources[0].base_url", "no valid host"},
      {"base_url: https://acme.tines.com:0", 8, "sources[0].base_url", "no valid host"},
      {"ca_file: /nowhere/ca.pem", 8, "sources[0].ca_file", "can't read \"/nowhere/ca.pem\": No such file"},
      {"proxy: sesame-5f3a", 8, "sources[0].proxy", "must start with http://"},
      {"proxy: http://me:a#b@proxy.example:3128", 8, "sources[0].proxy", "%23 for #"},
      {"proxy: http://me:a@b@proxy.example:3128", 8, "sources[0].proxy", "%40 for @"},
      {"time_field: created_at", 8, "sources[0].time_field", "must begin with a slash"},
      {"time_field: /a~2", 8, "sources[0].time_field", "is not a JSON pointer"},
      {"key: user", 8, "sources[0].key", "\"user\" is neither id, nor actor, nor source, nor a JSON pointer"},
      {"key: /a~", 8, "sources[0].key", "nor a JSON pointer"},
      {"topic: 'x.{y}'", 8, "sources[0].topic", "{y} is not one of"},
      {"topic: auditstream-offsets", 8, "sources[0].topic", "also what comes out of offsets.topic"},
      {"topic: audit.tines.dlq", 8, "sources[0].topic", "would hold events and dead letters"},
      {"enabled: yes", 8, "sources[0].enabled", "\"yes\" is not true or false"},
      {"backfill_start_time: 2024-01-01", 8, "sources[0].backfill_start_time", "RFC3339"},
      {"backfill_start_time: 2025-01-01T00:00:00", 8, "sources[0].backfill_start_time", "zone"},
      {"backfill_start_time: 2026-11-20T12:00:01Z", 8, "sources[0].backfill_start_time",
       "lies in the future"},
      {"user_ids: 7642", 8, "sources[0].user_ids", "a single value stands where a list belongs"},
      {"user_ids: [7642, '']", 8, "sources[0].user_ids[1]", "is empty"},
      {"user_ids: [[7642]]", 8, "sources[0].user_ids[0]", "a list stands where a single value"},
      {"user_id: [7642]", 8, "sources[0].user_id", "did you mean \"user_ids\"?"},
      {"pol_interval: 1s", 8, "sources[0].pol_interval", "did you mean \"poll_interval\"?"},
      {"name: t2", 8, "sources[0].name", "is given twice, first in line 4"},
      {"topic: \"a\\nb\"", 8, "sources[0].topic", "line break"},
  };
  for (const Case& expected : cases) {
    expect_one(with_sources(source + "    " + expected.text + "\n"), expected);
  }
}

TEST_F(ConfigMistakes, InWhatNamesASource) {
  const Case cases[] = {
      {"  - vendor: workato\n    api_token: ${env:CONFIG_TEST_KEY}\n", 4, "sources[0].name", "is required"},
      {"  - name: a\n", 4, "sources[0].vendor", "is required"},
      {"  - name: Acme\n    vendor: workato\n    api_token: ${env:CONFIG_TEST_KEY}\n", 4, "sources[0].name",
       "\"Acme\" is not a name"},
      {"  - name: a\n    vendor: workto\n", 5, "sources[0].vendor", "did you mean \"workato\"?"},
      {"  - name: a\n    vendor: workato\n", 4, "sources[0].api_token", "is required"},
      {"  - name: a\n    vendor: workato\n    api_token:\n", 6, "sources[0].api_token", "has no value"},
      {"  - name: a\n    vendor: workato\n    api_token: [a]\n", 6, "sources[0].api_token",
       "a list stands where"},
      {"  - name: a\n    vendor: workato\n    api_token: ${env:CONFIG_TEST_UNSET}\n", 6,
       "sources[0].api_token", "environment variable CONFIG_TEST_UNSET is not set"},
      {"  - name: a\n    vendor: workato\n    api_token: ${env:CONFIG_TEST_BLANK}\n", 6,
       "sources[0].api_token", "${env:CONFIG_TEST_BLANK} is empty"},
      {"  - name: a\n    vendor: workato\n    api_token: ${env:CONFIG_TEST_TWO_LINES}\n", 6,
       "sources[0].api_token", "holds a line break"},
      {"  - workato\n", 4, "sources[0]", "a single value stands where a map"},
      {"  - ~\n", 4, "sources[0]", "has no value"},
  };
  for (const Case& expected : cases) expect_one(with_sources(expected.text), expected);
  expect_one(with_sources(""), {"", 3, "sources", "there are none"});
  expect_one("kafka: {bootstrap.servers: a}\n", {"", 0, "sources", "there are none"});
  expect_one("kafka: {bootstrap.servers: a}\nsources: {a: b}\n",
             {"", 2, "sources", "must be a list of sources"});
}

TEST_F(ConfigMistakes, OfTenantDomains) {
  const Case cases[] = {
      {"https://acme.tines.com", 7, "", "leave the scheme"},
      {"acme.tines.com/", 7, "", "from the slash on"},
      {"me@acme.tines.com", 7, "", "is not a valid domain name"},
      {"acme.tines.com:443", 7, "", "is not a valid domain name"},
      {"-acme.tines.com", 7, "", "is not a valid domain name"},
      {"acme..tines.com", 7, "", "is not a valid domain name"},
      {"acme tines.com", 7, "", "is not a valid domain name"},
      {"acme", 7, "", "acme.tines.com"},
  };
  for (const Case& expected : cases) {
    expect_one(
        with_sources(
            "  - name: t\n    vendor: tines\n    api_key: ${env:CONFIG_TEST_KEY}\n    tenant_domain: " +
            std::string(expected.text) + "\n"),
        {"", expected.line, "sources[0].tenant_domain", expected.fragment});
  }
}

TEST_F(ConfigMistakes, BetweenSources) {
  const std::string tines =
      "  - {name: t, vendor: tines, tenant_domain: a.tines.com, api_key: \"${env:CONFIG_TEST_KEY}\"";
  expect_one(with_sources(workato + workato),
             {"", 5, "sources[1].name", "\"w\" is already the name of the source at"});
  expect_one(with_sources(workato + tines + ", account: w}\n"),
             {"", 5, "sources[1].account", "is also the account of source \"w\", of vendor workato"});
  expect_one(with_sources(workato +
                          "  - {name: w2, vendor: workato, account: w, api_token: \"${env:CONFIG_TEST_KEY}\","
                          " rate_limit: 1/s}\n"),
             {"", 5, "sources[1].rate_limit", "differs from that of source \"w\""});
  expect_one(
      "topics: {dead_letters: 'audit.{source}'}\n" +
          with_sources("  - {name: workato, vendor: workato, api_token: \"${env:CONFIG_TEST_KEY}\"}\n"),
      {"", 1, "topics.dead_letters", "would hold events and dead letters (of source \"workato\""});
}

TEST_F(ConfigMistakes, InIncludedFilesNameThatFile) {
  const std::string included = folder_.write("sources.d/b.yaml", "- name: B\n  vendor: workato\n");
  folder_.write("sources.d/a.yaml", "# nothing yet\n");
  const std::string map = folder_.write("other.yaml", "sources: []\n");
  const std::string broken = folder_.write("broken.yaml", "- a\n}\n");
  const Loaded loaded = folder_.load(
      with_sources(workato) + "include: [sources.d/*.yaml, other.yaml, nothing/*.yaml, broken.yaml]\n");
  std::vector<std::string> texts;
  for (const Finding& mistake : loaded.mistakes) texts.push_back(mistake.text());
  EXPECT_THAT(texts, ElementsAre(StartsWith(broken + ":2: not valid YAML"),
                                 StartsWith(map + ":1: sources: must be a list of sources"),
                                 StartsWith(included + ":1: sources[0].name: \"B\" is not a name"),
                                 StartsWith(included + ":1: sources[0].api_token: is required")));
}

TEST_F(ConfigMistakes, AreAllFoundInOneGo) {
  const Loaded loaded = folder_.load(
      "groop: x\n"
      "kafka:\n"
      "  acks: 0\n"
      "topics:\n"
      "  partitions: 0\n"
      "log: {level: loud}\n"
      "sources:\n"
      "  - name: Upper\n"
      "    vendor: tines\n"
      "    api_key: ${env:CONFIG_TEST_UNSET}\n"
      "    tenant_domain: https://acme.tines.com\n"
      "    user_ids: 7642\n"
      "    poll_interval: 30\n");
  EXPECT_THAT(
      lines_of(loaded.mistakes),
      ElementsAre(StartsWith("1: groop: "), StartsWith("2: kafka.bootstrap.servers: "),
                  StartsWith("3: kafka.acks: "), StartsWith("5: topics.partitions: "),
                  StartsWith("6: log.level: "), StartsWith("8: sources[0].name: "),
                  StartsWith("10: sources[0].api_key: "), StartsWith("11: sources[0].tenant_domain: "),
                  StartsWith("12: sources[0].user_ids: "), StartsWith("13: sources[0].poll_interval: ")));
}

TEST_F(ConfigMistakes, OfAMissingFileNameIt) {
  const Loaded loaded = load_config("/nowhere/auditstream.yaml", ConfigFolder::now());
  ASSERT_EQ(loaded.mistakes.size(), 1u);
  EXPECT_EQ(loaded.mistakes[0].text(),
            "/nowhere/auditstream.yaml: can't read the file: No such file or directory");
}

TEST_F(ConfigMistakes, ReadAsTheManualSays) {
  const Loaded loaded = folder_.load(
      with_sources("  - {name: f, vendor: floqast, region: uk, api_key: \"${env:CONFIG_TEST_KEY}\"}\n"));
  ASSERT_EQ(loaded.mistakes.size(), 1u);
  EXPECT_EQ(loaded.mistakes[0].text(),
            folder_.path("auditstream.yaml") + ":4: sources[0].region: \"uk\" is not one of us, eu, au");
}

// A secret is nowhere in what is printed: not in clear, not from outside, not where it was put by mistake.
TEST_F(ConfigMistakes, NeverShowASecret) {
  const std::string file = folder_.write("key", "sesame-5f3a\n");
  const Loaded loaded = folder_.load(
      "kafka:\n"
      "  sasl.password: sesame-5f3a\n"
      "  acks: sesame-5f3a\n"
      "  ssl.key.password: [sesame-5f3a]\n"
      "log: {level: \"${env:CONFIG_TEST_KEY}\"}\n"
      "http: {token: \" sesame-5f3a \"}\n"
      "sources:\n"
      "  - name: f\n"
      "    vendor: floqast\n"
      "    api_key: \" sesame-5f3a\\n\"\n"
      "    region: ${env:CONFIG_TEST_KEY}\n"
      "    poll_interval: ${file:" +
      file +
      "}\n"
      "    key: x${env:CONFIG_TEST_KEY}\n"
      "    proxy: ftp://me:sesame-5f3a@proxy\n"
      "  - name: e\n"
      "    vendor: tines\n"
      "    tenant_domain: ${env:CONFIG_TEST_KEY}.\n"
      "    api_key: sesame-5f3a\n");
  EXPECT_GE(loaded.mistakes.size(), 8u);
  EXPECT_GE(loaded.warnings.size(), 4u);
  EXPECT_THAT(lines_of(loaded.mistakes), Each(Not(HasSubstr("5f3a"))));
  EXPECT_THAT(lines_of(loaded.warnings), Each(Not(HasSubstr("5f3a"))));
  EXPECT_THAT(
      lines_of(loaded.mistakes),
      ::testing::Contains(AllOf(HasSubstr("region"), HasSubstr("\"${env:CONFIG_TEST_KEY}\" is not one of"))));
}

TEST_F(ConfigMistakes, NeverShowASecretWithoutItsBlank) {
  const std::string source = "  - name: w\n    vendor: workato\n    api_token:sesame-5f3a";
  for (const std::string rest : {"\n", "\n    lanes: 2\n", ": x\n"}) {
    const Loaded loaded = folder_.load(with_sources(source + rest));
    EXPECT_EQ(loaded.config, nullptr);
    EXPECT_THAT(loaded.mistakes, Not(::testing::IsEmpty()));
    EXPECT_THAT(lines_of(loaded.mistakes), Each(Not(HasSubstr("5f3a"))));
  }
}

// Longer than what is quoted, changed on its way into the message, or a key after a slip.
TEST_F(ConfigMistakes, NeverShowAPartOfASecret) {
  ::setenv("CONFIG_TEST_KEY", ("sesame-5f3a-" + std::string(100, 'x')).c_str(), 1);
  const Loaded loaded = folder_.load(
      "kafka: {bootstrap.servers: a, 'sasl.password:sesame-5f3a', sesame5f3a: x}\n"
      "topics: {events: '${env:CONFIG_TEST_KEY}/{vendor}', dead_letters: 'a.{${env:CONFIG_TEST_KEY}}'}\n"
      "log: {level: \"${env:CONFIG_TEST_KEY}\"}\n"
      "'http:sesame-5f3a':\n"
      "defaults: {topic: '/${env:CONFIG_TEST_KEY}'}\n"
      "sources:\n"
      "  - name: f\n"
      "    vendor: sesame5f3a\n"
      "  - name: t\n"
      "    vendor: tines\n"
      "    tenant_domain: Sesame5f3a/\n"
      "    key: x${env:CONFIG_TEST_KEY}\n"
      "    topic: x/${env:CONFIG_TEST_KEY}\n"
      "    'api_key:sesame-5f3a':\n"
      "  - {name: w, vendor: workato, api_token:sesame-5f3a}\n");
  EXPECT_GE(loaded.mistakes.size(), 13u) << ::testing::PrintToString(lines_of(loaded.mistakes));
  EXPECT_THAT(lines_of(loaded.mistakes), Each(Not(HasSubstr("5f3a"))));
  EXPECT_THAT(lines_of(loaded.mistakes),
              ::testing::Contains("15: sources[2].api_token...: a blank is missing after the colon"));
}

TEST_F(ConfigMistakes, OfFilesAndSecretsInWhatIsShown) {
  const std::string file = folder_.write("tenant", "acme");
  const std::string reference = "${file:" + file + "}";
  ::setenv("CONFIG_TEST_TENANT", "acme-tenant", 1);
  const std::string source = "  - name: t\n    vendor: tines\n    api_key: ${env:CONFIG_TEST_KEY}\n";
  const std::string domain = "    tenant_domain: acme.tines.com\n";
  for (const std::string setting : {"account", "base_url", "time_field", "topic", "key"}) {
    const std::string path = "sources[0]." + setting;
    expect_one(with_sources(source + domain + "    " + setting + ": x" + reference + "\n"),
               {"", 8, path.c_str(), "${file:} is for secrets"});
  }
  expect_one(with_sources(source + "    tenant_domain: " + reference + ".tines.com\n"),
             {"", 7, "sources[0].tenant_domain", "${file:} is for secrets"});
  expect_one(with_sources(source + domain + "    user_ids: ['" + reference + "']\n"),
             {"", 8, "sources[0].user_ids[0]", "${file:} is for secrets"});
  expect_one("defaults: {account: '" + reference + "'}\n" + with_sources(source + domain),
             {"", 1, "defaults.account", "${file:} is for secrets"});
  expect_one(with_sources(source + domain + "    account: ${env:CONFIG_TEST_KEY}\n"),
             {"", 8, "sources[0].account", "${env:CONFIG_TEST_KEY} is a secret elsewhere"});
  expect_one("http: {token: '${env:CONFIG_TEST_TENANT}'}\n" +
                 with_sources(source + "    tenant_domain: ${env:CONFIG_TEST_TENANT}.tines.com\n"),
             {"", 8, "sources[0].tenant_domain", "${env:CONFIG_TEST_TENANT} is a secret elsewhere"});
}

// Who may write an included file may not read what else the service can read.
TEST_F(ConfigMistakes, OfReferencesThatAnIncludeDoesNotAllow) {
  ::setenv("CONFIG_TEST_TENANT_KEY", "key-of-the-tenant", 1);
  const std::string secret = folder_.write("secrets/other", "sesame-5f3a");
  folder_.write("secrets/tenant/key", "key-of-the-tenant");
  const std::string folder = folder_.path("secrets/tenant/");
  std::filesystem::create_symlink(secret, folder + "link");
  std::filesystem::create_symlink("key", folder + "inner");
  std::filesystem::create_directory_symlink("..", folder + "up");
  const auto load = [&](const std::string& api_token) {
    folder_.write("sources.d/a.yaml", "- {name: a, vendor: workato, api_token: '" + api_token + "'}\n");
    return folder_.load(
        "kafka: {bootstrap.servers: a}\ninclude: [{path: 'sources.d/*.yaml', env: [CONFIG_TEST_TENANT_], "
        "file: ['" +
        folder + "']}]\n");
  };
  for (const std::string& fine :
       {std::string("${env:CONFIG_TEST_TENANT_KEY}"), "${file:" + folder + "key}",
        "${file:" + folder + "inner}", std::string("${env:CONFIG_TEST_TENANT_X:-in-clear}")}) {
    EXPECT_THAT(lines_of(load(fine).mistakes), ::testing::IsEmpty()) << fine;
  }
  for (const std::string& bad :
       {std::string("${env:CONFIG_TEST_KEY}"), std::string("${env:CONFIG_TEST_KEY:-x}"),
        "${file:" + secret + "}", "${file:" + folder + "../other}", "${file:" + folder + "link}",
        "${file:" + folder + "up/other}", std::string("${file:/etc/hostname}"),
        "${file:" + folder.substr(0, folder.size() - 1) + "}", "x${file:" + folder + "key}${env:HOME}"}) {
    const Loaded loaded = load(bad);
    EXPECT_EQ(loaded.config, nullptr) << bad;
    ASSERT_EQ(loaded.mistakes.size(), 1u) << bad;
    EXPECT_EQ(loaded.mistakes[0].path, "sources[0].api_token");
    EXPECT_THAT(loaded.mistakes[0].message,
                ::testing::AnyOf(HasSubstr("its include allows"), HasSubstr("a link leads out of")))
        << bad;
    EXPECT_THAT(loaded.mistakes[0].message, Not(HasSubstr("5f3a")));
  }

  // A link that is turned elsewhere later is as little followed.
  const Loaded loaded = load("${file:" + folder + "inner}");
  ASSERT_NE(loaded.config, nullptr);
  EXPECT_EQ(read_secrets(*loaded.config->sources[0]).value().at("api_token").reveal(), "key-of-the-tenant");
  std::filesystem::remove(folder + "inner");
  std::filesystem::create_symlink(secret, folder + "inner");
  EXPECT_THAT(read_secrets(*loaded.config->sources[0]).error().message, HasSubstr("a link leads out of"));

  // A map that allows nothing allows nothing; a plain pattern allows all, as does the config itself.
  folder_.write("sources.d/a.yaml", "- {name: a, vendor: workato, api_token: '${env:CONFIG_TEST_KEY}'}\n");
  EXPECT_EQ(
      folder_.load("kafka: {bootstrap.servers: a}\ninclude: [{path: 'sources.d/*.yaml'}]\n").mistakes.size(),
      1u);
  EXPECT_NE(folder_.load("kafka: {bootstrap.servers: a}\ninclude: ['sources.d/*.yaml']\n").config, nullptr);
}

}  // namespace
}  // namespace auditstream::config
