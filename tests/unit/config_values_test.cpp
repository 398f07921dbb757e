// What a valid config becomes: values, defaults, hashes, warnings, secrets; and the examples that are
// delivered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <sstream>

#include "auditstream/vendor.h"
#include "config/common_settings.h"
#include "config/rate.h"
#include "config/secret_reader.h"
#include "config/tree.h"
#include "config/vendor_page.h"
#include "paths.h"
#include "unit/config_text.h"
#include "vendor_apis/registry.h"

namespace auditstream::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class ConfigValues : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("CONFIG_TEST_KEY", "sesame-5f3a", 1);
    ::setenv("CONFIG_TEST_TENANT", "acme", 1);
    ::setenv("CONFIG_TEST_EMPTY", "", 1);
    ::unsetenv("CONFIG_TEST_UNSET");
  }

  Config load(const std::string& text) {
    SCOPED_TRACE(text);
    Loaded loaded = folder_.load(text);
    EXPECT_THAT(lines_of(loaded.mistakes), IsEmpty());
    warnings_ = lines_of(loaded.warnings);
    return loaded.config ? std::move(*loaded.config) : Config{};
  }

  // The only source of a config whose other parts are plain. Never null.
  std::shared_ptr<const Source> source(const std::string& text) {
    const Config config = load(with_sources(text));
    return config.sources.empty() ? std::make_shared<const Source>() : config.sources[0];
  }

  std::shared_ptr<const Source> tines(const std::string& more) {
    return source("  - name: t\n    vendor: tines\n    tenant_domain: acme.tines.com\n" + more +
                  "    api_key: ${env:CONFIG_TEST_KEY}\n");
  }

  ConfigFolder folder_;
  std::vector<std::string> warnings_;
};

TEST_F(ConfigValues, DefaultsOfTheWhole) {
  const Config config =
      load(with_sources("  - {name: w, vendor: workato, api_token: '${env:CONFIG_TEST_KEY}'}\n"));
  EXPECT_EQ(config.group, "auditstream");
  EXPECT_THAT(config.kafka, ElementsAre(Pair("bootstrap.servers", "localhost:9092")));
  EXPECT_THAT(config.topics.config, ElementsAre(Pair("retention.ms", "-1")));
  EXPECT_EQ(config.offsets.topic, "auditstream-offsets");
  EXPECT_EQ(config.http.listen, "127.0.0.1:8083");
  EXPECT_EQ(config.log.level, "info");
  ASSERT_EQ(config.sources.size(), 1u);
}

TEST_F(ConfigValues, DefaultsOfASource) {
  const auto t = tines("");
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_EQ(t->account, "t");
  EXPECT_EQ(t->base_url, "https://acme.tines.com");
  EXPECT_EQ(t->topic, "audit.tines");
  EXPECT_EQ(t->dead_letter_topic, "audit.tines.dlq");
  EXPECT_EQ(t->backfill_start_time, std::nullopt);
  EXPECT_EQ(t->poll_interval, 30s);
  EXPECT_EQ(t->overlap, 10min);
  EXPECT_TRUE(t->history_alongside);
  EXPECT_EQ(t->lanes, 0u);
  EXPECT_EQ(t->rate_limit, vendor_apis::find_vendor("tines")->traits().rate_limit);
  EXPECT_EQ(t->page_size, vendor_apis::find_vendor("tines")->traits().page_size);
  EXPECT_EQ(t->time_field, "");
  EXPECT_EQ(t->key, "id");
  EXPECT_TRUE(t->enabled);
  ASSERT_NE(t->route, nullptr);
  EXPECT_EQ(t->route->ca_file, "");
}

TEST_F(ConfigValues, EverythingSet) {
  const std::string ca = folder_.write("ca.pem", "a certificate");
  const auto t = tines(
      "    backfill_start_time: 2026-01-01T01:00:00+01:00\n"
      "    poll_interval: 200ms\n"
      "    overlap: 0s\n"
      "    backfill: first\n"
      "    lanes: 64\n"
      "    account: shared\n"
      "    rate_limit: [10/s, 1000/6s, 1500/h, 2000/min]\n"
      "    page_size: 500\n"
      "    base_url: HTTPS://Proxy.Example:443\n"
      "    ca_file: " +
      ca +
      "\n"
      "    proxy: http://me:secret@proxy.example:3128\n"
      "    time_field: /created_at\n"
      "    topic: '{source}.of.{vendor}'\n"
      "    key: /user/id\n"
      "    enabled: false\n"
      "    user_ids: [7642, \"0815\"]\n");
  EXPECT_EQ(t->backfill_start_time, parse_rfc3339("2026-01-01T00:00:00Z").value());
  EXPECT_EQ(t->poll_interval, 200ms);
  EXPECT_EQ(t->overlap, 0s);
  EXPECT_FALSE(t->history_alongside);
  EXPECT_EQ(t->lanes, 64u);
  EXPECT_EQ(t->account, "shared");
  EXPECT_THAT(t->rate_limit,
              ElementsAre(RateSpec{10, 1s}, RateSpec{1000, 6s}, RateSpec{1500, 1h}, RateSpec{2000, 1min}));
  EXPECT_EQ(t->page_size, 500u);
  EXPECT_EQ(t->base_url, "https://proxy.example");
  EXPECT_EQ(t->route->ca_file, ca);
  EXPECT_EQ(t->route->proxy, "http://me:secret@proxy.example:3128");
  EXPECT_EQ(t->time_field, "/created_at");
  EXPECT_EQ(t->topic, "t.of.tines");
  EXPECT_EQ(t->key, "/user/id");
  EXPECT_FALSE(t->enabled);
  EXPECT_THAT(t->lists.at("user_ids"), ElementsAre("7642", "0815"));
}

TEST_F(ConfigValues, DefaultsSectionYieldsToTheSource) {
  const Config config =
      load("defaults: {poll_interval: 1h, rate_limit: 1/s, topic: all}\n" +
           with_sources(
               "  - {name: a, vendor: workato, api_token: '${env:CONFIG_TEST_KEY}'}\n"
               "  - {name: b, vendor: workato, api_token: '${env:CONFIG_TEST_KEY}', poll_interval: 5m}\n"));
  ASSERT_EQ(config.sources.size(), 2u);
  EXPECT_EQ(config.sources[0]->poll_interval, 1h);
  EXPECT_EQ(config.sources[1]->poll_interval, 5min);
  EXPECT_THAT(config.sources[1]->rate_limit, ElementsAre(RateSpec{1, 1s}));
  EXPECT_EQ(config.sources[1]->topic, "all");
  EXPECT_EQ(config.sources[0]->route, config.sources[1]->route) << "one route, one set of connections";
}

TEST_F(ConfigValues, TopicPropertiesJoinTheDefault) {
  const Config config =
      load("topics: {config: {min.insync.replicas: 2}}\n" +
           with_sources("  - {name: w, vendor: workato, api_token: '${env:CONFIG_TEST_KEY}'}\n"));
  EXPECT_THAT(config.topics.config,
              UnorderedElementsAre(Pair("min.insync.replicas", "2"), Pair("retention.ms", "-1")));
}

TEST_F(ConfigValues, ReferencesWorkInAnyScalar) {
  const std::string file = folder_.write("group", "from-file\n");
  const Config config = load("group: ${file:" + file + "}\n" +
                             "log: {level: \"${env:CONFIG_TEST_UNSET:-debug}\"}\n"
                             "http: {listen: 'localhost:${env:CONFIG_TEST_UNSET:-0}'}\n" +
                             with_sources("  - {name: 'w-${env:CONFIG_TEST_TENANT}', vendor: workato,\n"
                                          "     proxy: '${env:CONFIG_TEST_EMPTY:-}',\n"
                                          "     api_token: \"Key ${env:CONFIG_TEST_KEY}!\"}\n"));
  EXPECT_EQ(config.group, "from-file");
  EXPECT_EQ(config.log.level, "debug");
  EXPECT_EQ(config.http.listen, "localhost:0");
  ASSERT_EQ(config.sources.size(), 1u);
  EXPECT_EQ(config.sources[0]->name, "w-acme");
  EXPECT_EQ(config.sources[0]->route->proxy, "");
  EXPECT_EQ(read_secrets(*config.sources[0]).value().at("api_token").reveal(), "Key sesame-5f3a!");
}

TEST_F(ConfigValues, MetricsMayLeaveTheSourcesOut) {
  const std::string sources =
      with_sources("  - {name: w, vendor: workato, api_token: '${env:CONFIG_TEST_KEY}'}\n");
  EXPECT_TRUE(load(sources).metrics.per_source);
  EXPECT_FALSE(load("metrics: {per_source: false}\n" + sources).metrics.per_source);
}

TEST_F(ConfigValues, IncludesAreReadInOrder) {
  folder_.write("sources.d/b.yaml", "- {name: b, vendor: workato, api_token: '${env:CONFIG_TEST_KEY}'}\n");
  folder_.write("sources.d/a.yaml", "- {name: a, vendor: workato, api_token: '${env:CONFIG_TEST_KEY}'}\n");
  const Config config = load(
      "kafka: {bootstrap.servers: a}\ninclude: [sources.d/*.yaml, sources.d/a.yaml, 'absent.d/*.yaml']\n");
  ASSERT_EQ(config.sources.size(), 2u);
  EXPECT_EQ(config.sources[0]->name, "a");
  EXPECT_EQ(config.sources[1]->name, "b");
}

TEST_F(ConfigValues, LoopbackMayBePlain) {
  for (const char* url :
       {"http://127.0.0.1:80", "http://127.9.9.9", "http://localhost:1234", "http://[::1]:8080"}) {
    EXPECT_THAT(tines("    base_url: '" + std::string(url) + "'\n")->base_url, StartsWith("http://")) << url;
  }
}

TEST_F(ConfigValues, OriginNamesTheTenantNotTheKey) {
  const std::string origin = tines("")->origin;
  EXPECT_EQ(origin.size(), 32u);
  const auto rotated = source(
      "  - {name: other, vendor: tines, tenant_domain: ACME.tines.com, api_key: "
      "'${env:CONFIG_TEST_KEY}-2'}\n");
  EXPECT_EQ(rotated->origin, origin);
  EXPECT_EQ(tines("    user_ids: [1]\n")->origin, origin);
  EXPECT_NE(tines("    base_url: https://other.example\n")->origin, origin);
  EXPECT_NE(
      source("  - {name: t, vendor: tines, tenant_domain: b.tines.com, base_url: 'https://acme.tines.com', "
             "api_key: '${env:CONFIG_TEST_KEY}'}\n")
          ->origin,
      origin);
}

TEST_F(ConfigValues, FilterIsWhatNarrows) {
  const std::string unfiltered = tines("")->filter;
  EXPECT_EQ(tines("    user_ids: []\n")->filter, unfiltered);
  EXPECT_EQ(tines("    poll_interval: 1h\n")->filter, unfiltered);
  const std::string filtered = tines("    user_ids: [1, 2]\n")->filter;
  EXPECT_NE(filtered, unfiltered);
  EXPECT_EQ(tines("    user_ids: [2, 1, 1]\n")->filter, filtered);
  EXPECT_NE(tines("    user_ids: [12]\n")->filter, filtered);
  EXPECT_NE(tines("    operation_names: [1, 2]\n")->filter, filtered);
}

TEST_F(ConfigValues, SecretsStayTemplatesAndAreReadAgain) {
  const std::string file = folder_.write("key", "first");
  const auto t = source(
      "  - {name: t, vendor: tines, tenant_domain: acme.tines.com, api_key: '${file:" + file + "}'}\n");
  EXPECT_EQ(t->secret_templates.at("api_key").reveal(), "${file:" + file + "}");
  EXPECT_FALSE(t->settings.contains("api_key"));
  EXPECT_EQ(read_secrets(*t).value().at("api_key").reveal(), "first");
  folder_.write("key", "second\n");
  EXPECT_EQ(read_secrets(*t).value().at("api_key").reveal(), "second");
  folder_.write("key", "");
  EXPECT_EQ(read_secrets(*t).error().message, "api_key: ${file:" + file + "} is empty");
  std::filesystem::remove(file);
  EXPECT_EQ(read_secrets(*t).error().message, "api_key: can't read " + file + ": No such file or directory");
}

// The file may come, and the other sources must not wait for it.
TEST_F(ConfigValues, ASecretsFileThatIsMissingIsNoMistake) {
  const std::string empty = folder_.write("empty", " \n");
  const std::string two_lines = folder_.write("two", "sesame\n5f3a");
  const std::string large = folder_.write("large", std::string((1 << 20) + 1, 'x'));
  const std::vector<std::pair<std::string, std::string>> cases{
      {"/nowhere/key", "can't read /nowhere/key: No such file or directory"},
      {folder_.path(""), "not a regular file"},
      {two_lines, "holds a line break"},
      {large, "more than 1048576 bytes"}};
  for (const auto& [file, why] : cases) {
    const Loaded loaded = folder_.load(
        with_sources("  - {name: a, vendor: workato, api_token: 'Key ${file:" + file +
                     "}'}\n  - {name: b, vendor: workato, api_token: '${env:CONFIG_TEST_KEY}'}\n"));
    ASSERT_NE(loaded.config, nullptr) << file;
    EXPECT_EQ(loaded.config->sources.size(), 2u);
    EXPECT_THAT(lines_of(loaded.missing_secrets),
                ElementsAre(::testing::AllOf(StartsWith("4: sources[0].api_token: "), HasSubstr(why))));
    EXPECT_FALSE(read_secrets(*loaded.config->sources[0]).ok());
    EXPECT_TRUE(read_secrets(*loaded.config->sources[1]).ok());
  }
  const Loaded loaded =
      folder_.load(with_sources("  - {name: a, vendor: workato, api_token: '${file:" + empty + "}'}\n"));
  ASSERT_NE(loaded.config, nullptr);
  EXPECT_THAT(lines_of(loaded.missing_secrets), ElementsAre(HasSubstr("is empty")));
  folder_.write("empty", "sesame-5f3a");
  EXPECT_EQ(read_secrets(*loaded.config->sources[0]).value().at("api_token").reveal(), "sesame-5f3a");
}

// Those are of the whole process.
TEST_F(ConfigValues, AMissingFileOfASecretThatAllNeedIsAMistake) {
  const std::string source =
      with_sources("  - {name: b, vendor: workato, api_token: '${env:CONFIG_TEST_KEY}'}\n");
  EXPECT_EQ(folder_.load("http: {token: '${file:/nowhere/key}'}\n" + source).mistakes.size(), 1u);
  EXPECT_EQ(folder_
                .load("kafka: {bootstrap.servers: a, sasl.password: '${file:/nowhere/key}'}\nsources:\n" +
                      source.substr(source.find("  - ")))
                .mistakes.size(),
            1u);
}

TEST_F(ConfigValues, Warnings) {
  const std::string file = folder_.write("key", "sesame-5f3a \n");
  load(
      "kafka: {bootstrap.servers: a, sasl.password: sesame-5f3a}\n"
      "http: {token: \"${env:CONFIG_TEST_UNSET:-sesame-5f3a}\"}\n"
      "sources:\n"
      "  - name: t\n"
      "    vendor: tines\n"
      "    tenant_domain: acme.tines.com\n"
      "    backfill_start_time: 2020-01-01T00:00:00Z\n"
      "    api_key: ${file:" +
      file + "}\n");
  EXPECT_THAT(
      warnings_,
      ElementsAre(StartsWith("1: kafka.sasl.password: a secret stands here in clear"),
                  StartsWith("2: http.token: a secret stands here in clear"),
                  StartsWith("7: sources[0].backfill_start_time: 2020-01-01T00:00:00Z is further "
                             "back than Tines is known to keep its log"),
                  "8: sources[0].api_key: surrounding spaces or empty lines of the secret were removed"));
}

TEST_F(ConfigValues, TheLineEndOfASecretsFileIsNoWarning) {
  for (const auto& [bytes, warned] : {std::pair{"sesame-5f3a", false},
                                      {"sesame-5f3a\n", false},
                                      {"sesame-5f3a\r\n", false},
                                      {"sesame-5f3a\n\n", true},
                                      {" sesame-5f3a\n", true},
                                      {"sesame-5f3a \n", true},
                                      {"\nsesame-5f3a", true}}) {
    const std::string file = folder_.write("key", bytes);
    const Config config = load(
        "kafka: {bootstrap.servers: a}\nsources:\n  - {name: w, vendor: workato, api_token: '${file:" + file +
        "}'}\n");
    EXPECT_EQ(warnings_.size(), warned ? 1u : 0u) << bytes;
    EXPECT_EQ(read_secrets(*config.sources[0]).value().at("api_token").reveal(), "sesame-5f3a") << bytes;
  }
}

TEST_F(ConfigValues, PemKeepsItsLineEnds) {
  const std::string pem = folder_.write("key.pem", "-----BEGIN-----\nx\n-----END-----\n");
  const Config config = load("kafka: {bootstrap.servers: a, ssl.key.pem: '${file:" + pem +
                             "}'}\nsources:\n"
                             "  - {name: w, vendor: workato, api_token: '${env:CONFIG_TEST_KEY}'}\n");
  EXPECT_EQ(config.kafka.at("ssl.key.pem"), "-----BEGIN-----\nx\n-----END-----\n");
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST(Rates, AreWrittenAsTheyAreRead) {
  for (const char* text : {"1000/min", "10/s", "1500/h", "1000/6s", "5/500ms"}) {
    EXPECT_EQ(format_rate(parse_rate(text).value()), text);
  }
}

class DeliveredConfigs : public ::testing::Test {
 protected:
  void SetUp() override {
    static const std::regex reference(R"(\$\{env:(\w+)\})");
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().extension() != ".yaml") continue;
      std::ifstream in(entry.path());
      const std::string text(std::istreambuf_iterator<char>(in), {});
      for (std::sregex_iterator found(text.begin(), text.end(), reference), end; found != end; ++found) {
        if ((*found)[1] != "NAME") ::setenv((*found)[1].str().c_str(), "sesame-5f3a", 1);
      }
    }
  }

  const std::filesystem::path folder_ = std::filesystem::path(PROJECT_DIR) / "config";
};

TEST_F(DeliveredConfigs, LoadClean) {
  std::vector<std::string> names{"auditstream"};
  for (const Vendor* vendor : vendor_apis::vendors()) names.emplace_back(vendor->name());
  for (const std::string& name : names) {
    const Loaded loaded = load_config((folder_ / (name + ".yaml")).string(), ConfigFolder::now());
    EXPECT_THAT(lines_of(loaded.mistakes), IsEmpty()) << name;
    EXPECT_THAT(lines_of(loaded.warnings), IsEmpty()) << name;
    ASSERT_NE(loaded.config, nullptr);
    if (name != "auditstream") {
      ASSERT_EQ(loaded.config->sources.size(), 1u);
      EXPECT_EQ(loaded.config->sources.front()->vendor, name);
    }
    EXPECT_EQ(loaded.config->kafka.at("bootstrap.servers"), "localhost:9092");
  }
}

// The full example says what is: every setting, and nothing but defaults outside of the sources.
TEST_F(DeliveredConfigs, TheFullOneIsFullAndHoldsTheDefaults) {
  std::ifstream in(folder_ / "auditstream.yaml");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  for (const CommonSetting& setting : common_settings())
    EXPECT_THAT(text, HasSubstr(std::string(setting.name) + ": "));
  const Loaded loaded = load_config((folder_ / "auditstream.yaml").string(), ConfigFolder::now());
  ASSERT_NE(loaded.config, nullptr);
  const Config& config = *loaded.config;
  for (const auto& source : config.sources) {
    for (const Setting& setting : source->api->settings()) EXPECT_THAT(text, HasSubstr(setting.name + ": "));
  }
  const Config defaults;
  EXPECT_EQ(config.group, defaults.group);
  EXPECT_EQ(config.topics.events, defaults.topics.events);
  EXPECT_EQ(config.topics.dead_letters, defaults.topics.dead_letters);
  EXPECT_EQ(config.topics.partitions, defaults.topics.partitions);
  EXPECT_EQ(config.topics.replication_factor, defaults.topics.replication_factor);
  EXPECT_EQ(config.topics.config, defaults.topics.config);
  EXPECT_EQ(config.offsets.topic, defaults.offsets.topic);
  EXPECT_EQ(config.offsets.partitions, defaults.offsets.partitions);
  EXPECT_EQ(config.http.listen, defaults.http.listen);
  EXPECT_EQ(config.metrics, defaults.metrics);
  EXPECT_EQ(config.log.level, defaults.log.level);
  EXPECT_EQ(config.log.format, defaults.log.format);
  const Source source;
  EXPECT_EQ(config.sources[0]->poll_interval, source.poll_interval);
  EXPECT_EQ(config.sources[0]->overlap, source.overlap);
  EXPECT_EQ(config.sources[0]->lanes, source.lanes);
  EXPECT_EQ(config.sources[0]->key, source.key);
}

// What one vendor alone takes stands in its own example.
TEST_F(DeliveredConfigs, AVendorsExampleShowsAllItsSettings) {
  for (const Vendor* vendor : vendor_apis::vendors()) {
    const std::string file = std::string(vendor->name()) + ".yaml";
    std::ifstream in(folder_ / file);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    for (const Setting& setting : vendor->settings()) {
      EXPECT_THAT(text, HasSubstr(" " + setting.name + ": ")) << "config/" << file;
    }
  }
}

TEST(VendorPages, NameEverySettingWithItsDefault) {
  for (const Vendor* vendor : vendor_apis::vendors()) {
    std::ostringstream out;
    print_vendor(*vendor, out);
    EXPECT_THAT(out.str(), HasSubstr(std::string(vendor->title())));
    for (const Setting& setting : vendor->settings())
      EXPECT_THAT(out.str(), HasSubstr("  " + setting.name + " "));
    for (const CommonSetting& setting : common_settings()) {
      EXPECT_THAT(out.str(), HasSubstr("  " + std::string(setting.name) + " "));
    }
    EXPECT_THAT(out.str(), HasSubstr("default 30s"));
    EXPECT_THAT(out.str(), HasSubstr("at most " + std::to_string(vendor->traits().page_size_max)));
  }
  std::ostringstream all;
  print_vendors(all);
  EXPECT_THAT(all.str(), HasSubstr("Workato"));
  std::ostringstream workato;
  print_vendor(*vendor_apis::find_vendor("workato"), workato);
  EXPECT_THAT(workato.str(), HasSubstr("default https://www.workato.com"));
}

}  // namespace
}  // namespace auditstream::config
