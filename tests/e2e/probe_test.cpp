// `auditstream probe` as a person with a credential uses it, without Kafka.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>

#include "e2e/world.h"
#include "support/http_server.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const char* no_kafka = "127.0.0.1:9";
const char* some_rows = "\"history\":200,\"history_span\":\"240h\",\"rate\":0";

Tenants tenants(const std::string& lie = "", const std::vector<std::string>& vendors = {"tines"}) {
  return {.vendors = vendors, .like = some_rows + (lie.empty() ? "" : "," + lie)};
}

Finished probe(World& world, const std::string& vendor, const std::vector<std::string>& options = {}) {
  std::vector<std::string> command{"probe", World::source(vendor)};
  command.insert(command.end(), options.begin(), options.end());
  return world.auditstream(command);
}

YAML::Node fact(const Finished& finished, const std::string& name) {
  for (const YAML::Node& fact : YAML::Load(finished.out)["facts"]) {  // JSON is YAML
    if (fact["name"].as<std::string>() == name) return fact;
  }
  ADD_FAILURE() << "no fact is called " << name << ": " << finished.out << finished.err;
  return YAML::Load("{verdict: '', seen: '', remedy: ''}");
}

// A server of its own in the place of the vendor.
struct Instead {
  explicit Instead(HttpServer::Handler handler) : server(HttpServer::listen({}, std::move(handler)).value()) {
    world.source_config("tines")["base_url"] = server->origin();
  }
  std::unique_ptr<HttpServer> server;
  World world{tenants(), no_kafka};
};

TEST(Probe, FindsNothingWrongWithAnyVendorAsDocumented) {
  World world(tenants("", all_vendors), no_kafka);
  for (const std::string& vendor : all_vendors) {
    const Finished text = probe(world, vendor, {"--bad-credential"});
    EXPECT_EQ(text.status, 0) << text.out << text.err;
    EXPECT_THAT(text.out, AllOf(StartsWith(World::source(vendor) + " ("),
                                HasSubstr("does the filter act on the time"), HasSubstr(" 0 contradicted")));
    EXPECT_LE(world.requests(vendor), 60u);
    for (const std::string& secret : world.secrets())
      EXPECT_THAT(text.out + text.err, Not(HasSubstr(secret)));
  }
  for (const YAML::Node& tenant : YAML::Load(world.stats()))
    EXPECT_EQ(tenant["bad_requests"].as<int>(), 0) << tenant;
}

TEST(Probe, SaysInJsonWhatIsContradictedAndWhatMendsIt) {
  World world(tenants("\"filter_late\":\"6h\""), no_kafka);
  const Finished json = probe(world, "tines", {"--json"});
  EXPECT_EQ(json.status, exit_problem) << json.err;
  const YAML::Node document = YAML::Load(json.out);
  EXPECT_EQ(document["source"].as<std::string>(), "acme-tines");
  EXPECT_TRUE(document["contradicted"].as<bool>());
  EXPECT_FALSE(document["interrupted"].as<bool>());
  EXPECT_GT(document["facts"].size(), 15u);
  const YAML::Node contradicted = fact(json, "filter_acts_on_printed_time");
  EXPECT_EQ(contradicted["verdict"].as<std::string>(), "contradicted");
  EXPECT_THAT(contradicted["remedy"].as<std::string>(), HasSubstr("time_field: /updated_at"));
  world.source_config("tines")["time_field"] = "/updated_at";
  const Finished mended = probe(world, "tines");
  EXPECT_EQ(mended.status, 0) << mended.out;
}

TEST(Probe, LeavesTranscriptsWithoutSecrets) {
  World world(tenants("", all_vendors), no_kafka);
  const std::filesystem::path folder = world.directory.path() / "seen" / "here";
  for (const std::string& vendor : all_vendors) {
    EXPECT_EQ(probe(world, vendor, {"--transcripts", folder, "--bad-credential"}).status, 0);
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    ++files;
    const std::string text = read_file(entry.path());
    EXPECT_THAT(text, AllOf(HasSubstr("[source]"), HasSubstr("[request]"), HasSubstr("[page]")));
    for (const std::string& secret : world.secrets()) EXPECT_THAT(text, Not(HasSubstr(secret)));
    EXPECT_THAT(text, Not(HasSubstr("127.0.0.1")));
    using std::filesystem::perms;
    EXPECT_EQ(entry.status().permissions(), perms::owner_read | perms::owner_write);
  }
  EXPECT_EQ(files, all_vendors.size());
}

TEST(Probe, MeasuresHowLateEventsAre) {
  World world({.vendors = {"tines"}, .like = "\"history\":100,\"history_span\":\"240h\",\"rate\":20"},
              no_kafka);
  const Finished json = probe(world, "tines", {"--json", "--watch", "6s"});
  EXPECT_EQ(json.status, 0) << json.err;
  const YAML::Node lateness = YAML::Load(json.out)["lateness"];
  EXPECT_GT(lateness["events"].as<int>(), 20) << json.out;
  EXPECT_LT(lateness["max_seconds"].as<double>(), 60);
  EXPECT_EQ(lateness["overlap"].as<std::string>(), "10m");
  EXPECT_EQ(fact(json, "lateness")["verdict"].as<std::string>(), "holds");
}

TEST(Probe, KeepsTheRateLimitAndItsRequests) {
  Tenants limited = tenants();
  limited.limited = true;
  World world(limited, no_kafka);
  EXPECT_EQ(probe(world, "tines", {"--requests", "25"}).status, 0);
  EXPECT_LE(world.requests("tines"), 25u);
  EXPECT_EQ(YAML::Load(world.stats())[0]["violations"].as<int>(), 0);
}

TEST(Probe, PrintsWhatWasFoundUntilCtrlC) {
  World world(tenants(), no_kafka);
  world.control("{\"set\":{\"latency\":\"300ms\"}}");
  auto run = world.start({"probe", "acme-tines"});
  until("some requests are sent", 30s, [&] { return world.requests("tines") >= 5; });
  run->signal(SIGINT);
  EXPECT_EQ(run->wait(10s), 0) << run->err();
  EXPECT_THAT(run->out(),
              AllOf(HasSubstr("holds         is the time filter heard?"), HasSubstr("interrupted")));

  // Also while the vendor does not answer at all.
  world.control("{\"set\":{\"latency\":\"50s\"}}");
  const std::uint64_t before = world.requests("tines");
  run = world.start({"probe", "acme-tines", "--json"});
  until("a request is sent", 30s, [&] { return world.requests("tines") > before; });
  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(10s), 0) << run->err();
  EXPECT_TRUE(YAML::Load(run->out())["interrupted"].as<bool>());
}

TEST(Probe, WrongUseIsNamed) {
  World world(tenants(), no_kafka);
  const Finished nobody = world.auditstream({"probe", "acme-tinse"});
  EXPECT_EQ(nobody.status, exit_usage);
  EXPECT_THAT(nobody.err, HasSubstr("acme-tines"));
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"--watch", "soon"},
                                             {"--watch", ""},
                                             {"--watch", "0s"},
                                             {"--requests", "0"},
                                             {"--requests", "many"},
                                             {"--transcripts", "/dev/null/folder"}}) {
    const Finished wrong = probe(world, "tines", options);
    EXPECT_EQ(wrong.status, exit_usage) << options.front() << wrong.out;
    EXPECT_THAT(wrong.err, HasSubstr(options.front()));
  }
  EXPECT_EQ(world.requests("tines"), 0u);

  world.source_config("tines")["enabled"] = false;
  const Finished disabled = probe(world, "tines");
  EXPECT_EQ(disabled.status, exit_config);
  EXPECT_THAT(disabled.err, AllOf(HasSubstr("acme-tines"), HasSubstr("enabled: true")));
  world.source_config("tines")["enabled"] = true;
  world.source_config("tines")["api_key"] = "${env:NOT_SET_ANYWHERE}";
  const Finished keyless = probe(world, "tines");
  EXPECT_EQ(keyless.status, exit_config);
  EXPECT_THAT(keyless.err, HasSubstr("NOT_SET_ANYWHERE"));
  EXPECT_EQ(world.requests("tines"), 0u);
  EXPECT_EQ(run_to_end({auditstream_binary(), "probe", "-c", "/nowhere.yaml", "acme-tines"}).status,
            exit_config);
}

TEST(Probe, ARefusedCredentialIsNoFactOfTheApi) {
  World world(tenants(), no_kafka);
  world.source_config("tines")["api_key"] = "not-the-key";
  const Finished refused = probe(world, "tines");
  EXPECT_EQ(refused.status, exit_problem);
  EXPECT_THAT(refused.out, AllOf(HasSubstr("401"), HasSubstr("Check api_key"), HasSubstr(" 0 contradicted"),
                                 HasSubstr("the other"), Not(HasSubstr("no rows"))));
  world.source_config("tines")["base_url"] = "http://127.0.0.1:9";
  const Finished away = probe(world, "tines");
  EXPECT_EQ(away.status, exit_unavailable);
  EXPECT_THAT(away.out, HasSubstr("127.0.0.1:9"));
}

TEST(Probe, AVendorThatOnlyAnswersWith5xxIsUnavailable) {
  World world(tenants("\"refuse\":503"), no_kafka);
  EXPECT_EQ(probe(world, "tines").status, exit_unavailable);
}

TEST(Probe, WhateverAServerAnswersItEnds) {
  const auto reply = [](std::string type, std::string body, Fate fate = Fate::complete) {
    Reply reply;
    reply.headers = {{"Content-Type", std::move(type)}};
    reply.body = std::make_shared<const std::string>(std::move(body));
    reply.fate = fate;
    return reply;
  };
  const std::string row = R"({"id":1,"created_at":"2026-11-20T10:00:00Z"})";
  const auto page = [&](const std::string& next) {
    return "{\"audit_logs\":[" + row + "],\"meta\":{\"next_page_number\":" + next + ",\"count\":1}}";
  };
  std::atomic<int> number = 1;
  for (const HttpServer::Handler& handler : std::vector<HttpServer::Handler>{
           [&](const Request&) { return reply("text/html", "<html>Please log in</html>"); },
           [&](const Request&) { return reply("application/json", "{\"audit_logs\":[" + row); },
           [&](const Request&) {
             return reply("application/json", std::string(1 << 20, ' '), Fate::endless);
           },
           [&](const Request&) { return reply("application/json", page("2")); },
           [&](const Request&) { return reply("application/json", page(std::to_string(++number))); },
           [&](const Request&) { return reply("application/json", page("null")); },
           [&](const Request&) { return reply("application/json", "\x1b[31m{}"); },
           [&](const Request&) { return reply("application/json", page("null"), Fate::reset_midway); }}) {
    Instead instead(handler);
    const Finished finished = probe(instead.world, "tines", {"--requests", "30", "--bad-credential"});
    EXPECT_TRUE(finished.status == exit_problem || finished.status == exit_unavailable)
        << finished.status << finished.out;
    EXPECT_THAT(finished.out, AllOf(StartsWith("acme-tines (Tines)"), Not(HasSubstr("\x1b"))));
  }
}

TEST(Probe, ASlowVendorIsAskedToTheEnd) {
  World world(tenants("\"latency\":\"400ms\""), no_kafka);
  EXPECT_EQ(probe(world, "tines", {"--requests", "12"}).status, 0);
}

TEST(Probe, CheckNamesIt) {
  World world(tenants(), no_kafka);
  EXPECT_THAT(world.auditstream({"check"}).out,
              HasSubstr("auditstream probe -c " + world.write_config().string() + " acme-tines"));
}

}  // namespace
}  // namespace auditstream::test
