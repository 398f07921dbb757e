// The HTTP server of running instances: any of them tells of every source and changes it, by Kafka Connect's
// habits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <map>

#include "auditstream/time.h"
#include "e2e/asking.h"
#include "e2e/served.h"
#include "paths.h"
#include "support/raw_client.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

void expect_promtool_has_no_complaint(const std::string& metrics) {
  ASSERT_EQ(run_to_end({PROJECT_DIR "/script/promtool", "fetch"}).status, 0);
  const TemporaryDirectory directory;
  write_file(directory.path() / "metrics", metrics);
  EXPECT_THAT(metrics, HasSubstr("# TYPE auditstream_transactions_total counter"));
  const Finished checked =
      run_to_end({"sh", "-c", "exec \"$0\" check metrics < \"$1\"", PROJECT_DIR "/.cache/promtool/promtool",
                  (directory.path() / "metrics").string()});
  EXPECT_EQ(checked.status, 0) << checked.err;
  EXPECT_EQ(checked.out + checked.err, "");
}

TEST(Http, AnInstanceTellsOfEverySourceAlsoOfThoseThatAnotherPolls) {
  Served world;
  const std::filesystem::path key = world.directory.path() / "key";
  const std::string good = world.source_config("tines")["api_key"].as<std::string>();
  write_file(key, good);
  world.source_config("tines")["api_key"] = "${file:" + key.string() + "}";
  const auto one = world.start();
  Served::until_ready(*one);
  const auto two = world.start();
  Served::until_ready(*two);
  world.until_up_to_date();
  for (const Child* run : {one.get(), two.get()}) {
    EXPECT_EQ(ask(*run, "GET", "/livez").status, 200);
    EXPECT_EQ(get(*run, "/connectors").size(), 2u);
    EXPECT_EQ(get(*run, "/")["version"].as<std::string>().empty(), false);
    EXPECT_FALSE(get(*run, "/")["kafka_cluster_id"].as<std::string>().empty());
    world.until_state(*run, "tines", "RUNNING");
    world.until_state(*run, "workato", "RUNNING");
    EXPECT_THAT(get(*run, "/connectors/acme-tines")["config"]["api_key"].as<std::string>(), "[hidden]");
    const YAML::Node offsets = get(*run, "/connectors/acme-tines/offsets")["offsets"][0];
    EXPECT_EQ(offsets["partition"]["source"].as<std::string>(), "acme-tines");
    EXPECT_TRUE(parse_rfc3339(offsets["offset"]["watermark"].as<std::string>()).ok());
    const YAML::Node listed = get(*run, "/sources")["sources"];
    ASSERT_EQ(listed.size(), 2u);
    EXPECT_GT(listed[0]["published"].as<int>(), 0);
    EXPECT_THAT(ask(*run, "GET", "/", {"-H", "Accept: text/html,*/*"}).body, HasSubstr("<html"));
    EXPECT_THAT(ask(*run, "GET", "/runbook").body, HasSubstr("### AuditstreamThrottled"));
    expect_promtool_has_no_complaint(ask(*run, "GET", "/metrics").body);
    const Finished table = run_to_end({auditstream_binary(), "status", "--url", url_of(*run)});
    EXPECT_EQ(table.status, 0) << table.err;
    EXPECT_THAT(table.out, AllOf(HasSubstr("2 running"), HasSubstr("acme-tines"), HasSubstr("acme-workato")));
    EXPECT_EQ(ask(*run, "GET", "/sources", {"-H", "Host: evil.example"}).status, 403);
    EXPECT_EQ(ask(*run, "PUT", "/connectors/acme-tines/pause", {"-H", "Origin: http://evil.example"}).status,
              403);
  }

  write_file(key, "revoked");
  for (const Child* run : {one.get(), two.get()}) {
    world.until_state(*run, "tines", "FAILED");
    const YAML::Node connector = get(*run, "/connectors/acme-tines/status")["connector"];
    EXPECT_THAT(connector["trace"].as<std::string>(), StartsWith("HTTP 401: "));
    EXPECT_EQ(world.state(*run, "workato"), "RUNNING");
  }
  EXPECT_EQ(world.cursor("tines")["trouble"]["status"].as<int>(), 401);
  write_file(key, good);
  // After a refused credential the source rests for a minute; whoever has made a new one doesn't want to
  // wait.
  EXPECT_EQ(ask(*two, "POST", "/connectors/acme-tines/restart").status, 204);
  for (const Child* run : {one.get(), two.get()}) world.until_state(*run, "tines", "RUNNING");
  world.stop_production();
  world.expect_exactly_once();
  drain(*one);
  drain(*two);
}

TEST(Http, APausedSourceRestsAlsoAfterARestartUntilItIsResumed) {
  Served world;
  auto one = world.start();
  Served::until_ready(*one);
  world.until_up_to_date();
  const auto two = world.start();  // the change meets the rebalance
  EXPECT_EQ(ask(*one, "PUT", "/connectors/acme-tines/pause").status, 202);
  Served::until_ready(*two);
  for (const Child* run : {one.get(), two.get()}) world.until_state(*run, "tines", "PAUSED");
  EXPECT_EQ(world.cursor("tines")["state"].as<std::string>(), "paused");
  EXPECT_EQ(ask(*one, "PUT", "/connectors/acme-tines/pause").status, 202) << "once more changes nothing";
  drain(*one);
  one = world.start();
  Served::until_ready(*one);
  world.until_up_to_date({"workato"});
  const std::uint64_t asked = world.requests("tines");
  world.until_up_to_date({"workato"});
  EXPECT_EQ(world.requests("tines"), asked);
  world.until_state(*one, "tines", "PAUSED");
  EXPECT_EQ(ask(*one, "PUT", "/connectors/acme-tines/resume").status, 202);
  world.until_state(*two, "tines", "RUNNING");
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  drain(*one);
  drain(*two);
}

TEST(Http, OffsetsAreSetAndResetWhileInstancesAreAtWork) {
  Served world;
  const auto run = world.start();
  Served::until_ready(*run);
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  std::map<std::string, int> copies;
  const auto count = [&] {
    copies.clear();
    for (const Record& record : read_topic(world.bootstrap(), world.topic("tines")))
      ++copies[std::string(record.header("ce_id"))];
    return copies;
  };
  const std::size_t events = count().size();
  const std::string path = "/connectors/acme-tines/offsets";
  const auto patch = [&](const std::string& offset, const std::string& query = "") {
    return ask(*run, "PATCH", path + query,
               {"-H", "Content-Type: application/json", "-d",
                R"({"offsets":[{"partition":{"source":"acme-tines"},"offset":)" + offset + "}]}"});
  };
  const std::string before = YAML::Dump(world.cursor("tines"));
  EXPECT_EQ(patch(R"({"watermark":"tomorrow"})").status, 400);
  EXPECT_EQ(patch(R"({"watermark":"2999-01-01T00:00:00Z"})").status, 400);
  EXPECT_EQ(ask(*run, "PATCH", "/connectors/nobody/offsets", {"-d", "{}"}).status, 404);
  EXPECT_EQ(YAML::Dump(world.cursor("tines")), before);

  const Answer unmeant = patch(R"({"watermark":"2020-01-01T00:00:00Z"})");
  EXPECT_EQ(unmeant.status, 409);
  EXPECT_THAT(unmeant.body, AllOf(HasSubstr("acme-tines is not paused"), HasSubstr("h are published again"),
                                  HasSubstr("?yes=true")));
  EXPECT_EQ(ask(*run, "DELETE", path).status, 409);
  EXPECT_EQ(YAML::Dump(world.cursor("tines")), before);

  const Answer set = patch(R"({"watermark":"2020-01-01T00:00:00Z"})", "?yes=true");
  EXPECT_EQ(set.status, 200) << set.body;
  EXPECT_THAT(set.body, AllOf(HasSubstr("altered successfully"), HasSubstr("h are published again")));
  EXPECT_GT(YAML::Load(set.body)["hours_published_again"].as<double>(), 6 * 365 * 24);
  EXPECT_EQ(YAML::Load(set.body)["hours_skipped"].as<double>(), 0);
  until("all is published again", 60s, [&] {
    for (const auto& [id, times] : count()) {
      if (times < 2) return false;
    }
    return true;
  });
  EXPECT_EQ(ask(*run, "PUT", "/connectors/acme-tines/pause").status, 202);
  const Answer reset = ask(*run, "DELETE", path);
  EXPECT_EQ(reset.status, 200) << reset.body;
  EXPECT_THAT(reset.body, HasSubstr("reset successfully"));
  EXPECT_EQ(world.cursor("tines")["state"].as<std::string>(), "paused");
  EXPECT_EQ(ask(*run, "PUT", "/connectors/acme-tines/resume").status, 202);
  until("all is published once more", 60s, [&] {
    for (const auto& [id, times] : count()) {
      if (times < 3) return false;
    }
    return true;
  });
  for (const auto& [id, times] : copies) EXPECT_EQ(times, 3) << id;
  EXPECT_EQ(copies.size(), events);
  drain(*run);
}

TEST(Http, ASkipMustBeMeant) {
  Served world;
  world.stop_production();
  const auto run = world.start();
  Served::until_ready(*run);
  world.expect_exactly_once();
  world.source_config("tines").remove("backfill_start_time");
  world.config["defaults"].remove("backfill_start_time");
  world.write_config();
  run->signal(SIGHUP);
  until("the config was read", 30s, [&] { return run->err().find("code=config_read") != std::string::npos; });
  // To begin anew without a backfill is to begin now.
  const Answer refused = ask(*run, "DELETE", "/connectors/acme-tines/offsets");
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body, AllOf(HasSubstr("skips"), HasSubstr("allow_skip=true")));
  EXPECT_EQ(ask(*run, "DELETE", "/connectors/acme-tines/offsets?yes=true").status, 409);
  EXPECT_EQ(ask(*run, "DELETE", "/connectors/acme-tines/offsets?allow_skip=true").status, 409);
  const Answer done = ask(*run, "DELETE", "/connectors/acme-tines/offsets?allow_skip=true&yes=true");
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_GT(YAML::Load(done.body)["hours_skipped"].as<double>(), 0) << done.body;
  drain(*run);
}

// The page, the server and its policy for the page, together: a real browser shows what is there.
TEST(Http, ABrowserShowsTheSources) {
  if (!std::filesystem::exists("/usr/bin/chromium")) GTEST_SKIP() << "no Chromium here";
  Served world;
  const auto run = world.start();
  Served::until_ready(*run);
  world.until_up_to_date();
  const std::string profile = (world.directory.path() / "profile").string();
  const Finished shown = run_to_end(
      {"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
       "--disable-background-networking", "--disable-component-update", "--disable-sync",
       "--user-data-dir=" + profile, "--virtual-time-budget=10000", "--dump-dom", url_of(*run) + "/"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("acme-tines"), HasSubstr("acme-workato"), HasSubstr("RUNNING")));
  drain(*run);
}

long memory_peak_kib(const Child& run) {
  const std::string status = read_file("/proc/" + std::to_string(run.pid()) + "/status");
  return std::stol(status.substr(status.find("VmHWM:") + 6));
}

// Neither a few bytes that become many, nor many clients that are slow, cost memory or an answer.
TEST(Http, HostileClientsCostNobodyElseAnything) {
  Served world;
  world.config["kafka"]["bootstrap.servers"] = "127.0.0.1:9";
  const auto run = world.start();
  const std::string url = url_of(*run);
  const std::string address = url.substr(url.find("//") + 2);
  const long before = memory_peak_kib(*run);

  const std::filesystem::path zeros = world.directory.path() / "zeros.gz";
  ASSERT_EQ(run_to_end({"sh", "-c", "head -c 60000000 /dev/zero | gzip -9 > \"$0\"", zeros.string()}).status,
            0);
  const Answer bomb = ask(*run, "PATCH", "/connectors/acme-tines/offsets",
                          {"-H", "Content-Encoding: gzip", "--data-binary", "@" + zeros.string()});
  EXPECT_EQ(bomb.status, 415) << bomb.body;
  std::string ranges = "Range: bytes=0-";
  for (int i = 1; i < 2600; ++i) ranges += ",0-";
  const Answer page = ask(*run, "GET", "/", {"-H", "Accept: text/html", "-H", ranges});
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, ask(*run, "GET", "/", {"-H", "Accept: text/html"}).body);
  EXPECT_LT(memory_peak_kib(*run) - before, 20 * 1024);

  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 150; ++i) {
    slow.push_back(std::make_unique<RawClient>(address));
    slow.back()->send("GET / HTTP/1.1\r\nX: ");
  }
  EXPECT_EQ(ask(*run, "GET", "/livez").status, 200);
  EXPECT_EQ(ask(*run, "GET", "/readyz").status, 503);
  for (const auto& client : slow) EXPECT_TRUE(client->waits());
  slow.clear();
  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(20s), 0);
}

TEST(Http, LivesBeforeKafkaIsThereAndIsReadyOnlyAfter) {
  Served world;
  world.config["kafka"]["bootstrap.servers"] = "127.0.0.1:9";
  const auto run = world.start();
  EXPECT_EQ(ask(*run, "GET", "/livez").status, 200);
  until("it is said why", 30s, [&] {
    const Answer ready = ask(*run, "GET", "/readyz");
    EXPECT_EQ(ready.status, 503);
    EXPECT_THAT(ready.body, HasSubstr("Kafka can't be reached since 20"));
    return ready.body.find("127.0.0.1:9") != std::string::npos;
  });
  const YAML::Node told = get(*run, "/sources");
  EXPECT_FALSE(told["kafka"]["reachable"].as<bool>());
  EXPECT_FALSE(told["kafka"]["since"].IsNull());
  EXPECT_THAT(told["kafka"]["error"].as<std::string>(), HasSubstr("127.0.0.1:9"));
  EXPECT_EQ(told["sources"].size(), world.vendors().size());
  for (const YAML::Node& source : told["sources"]) {
    EXPECT_FALSE(source["known"].as<bool>());
    EXPECT_EQ(source["state"].as<std::string>(), "UNASSIGNED");
  }
  EXPECT_EQ(ask(*run, "GET", "/connectors").status, 200);
  const Answer pause = ask(*run, "PUT", "/connectors/acme-tines/pause");
  EXPECT_EQ(pause.status, 503);
  EXPECT_THAT(pause.body, HasSubstr("nothing was changed"));
  const Answer offsets = ask(*run, "GET", "/connectors/acme-tines/offsets");
  EXPECT_EQ(offsets.status, 503) << "none that is known is not none";
  EXPECT_THAT(offsets.body, HasSubstr("Kafka can't be reached"));
  EXPECT_THAT(ask(*run, "GET", "/connectors/acme-tines/status").body, HasSubstr("Kafka can't be reached"));
  const Finished status = run_to_end({auditstream_binary(), "status", "--once", "--url", url_of(*run)});
  EXPECT_THAT(status.out + status.err, HasSubstr("Kafka can't be reached"));
  EXPECT_EQ(get(*run, "/")["kafka_cluster_id"].as<std::string>(), "");
  EXPECT_THAT(ask(*run, "GET", "/", {"-H", "Accept: text/html"}).body, HasSubstr("<html"));
  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(20s), 0);
}

TEST(Http, ATakenPortIsAMistakeOfTheConfig) {
  Served world;
  const auto run = world.start();
  const std::string url = url_of(*run);
  world.config["http"]["listen"] = url.substr(url.find("//") + 2);
  const Finished second = world.auditstream({"run"});
  EXPECT_EQ(second.status, exit_config);
  EXPECT_THAT(second.err, AllOf(HasSubstr("http.listen"), HasSubstr("in use")));
  drain(*run);
}

TEST(Http, BeyondLoopbackOnlyATokenChangesAnything) {
  Served world;
  world.config["http"]["listen"] = "0.0.0.0:0";
  world.config["http"]["token"] = "x";
  const Finished guessable = world.auditstream({"run"});
  EXPECT_EQ(guessable.status, exit_config);
  EXPECT_THAT(guessable.err, HasSubstr("http.token: is shorter than"));
  world.config["http"]["token"] = "${env:TOKEN}";
  const auto run = world.start({"run"}, {{"TOKEN", "t0ken-t0ken"}});
  const std::string port = url_of(*run).substr(url_of(*run).rfind(':'));
  const auto pause = [&](std::vector<std::string> more) {
    std::vector<std::string> words{
        "curl",      "-s",  "-o",
        "/dev/null", "-w",  "%{http_code}",
        "-X",        "PUT", "http://127.0.0.1" + port + "/connectors/acme-tines/pause"};
    words.insert(words.end(), more.begin(), more.end());
    return run_to_end(words).out;
  };
  until("it is at work", 60s, [&] { return pause({"-H", "Authorization: Bearer t0ken-t0ken"}) == "202"; });
  EXPECT_EQ(pause({}), "401");
  EXPECT_EQ(pause({"-H", "Authorization: Bearer wrong"}), "401");
  // A page whose name leads to our address: DNS rebinding.
  EXPECT_EQ(pause({"-H", "Authorization: Bearer t0ken-t0ken", "-H", "Host: evil.example"}), "403");
  drain(*run);
}

}  // namespace
}  // namespace auditstream::test
