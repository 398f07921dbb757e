// Outages as whoever is on call meets them: within half a minute the status page, `auditstream status`, the
// probes, the metrics and the log tell the same of it, on the instance that polls the source and on another
// one. What alerts make of the metrics is tested on recorded scrapes (tests/package/outages).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "e2e/impostor.h"
#include "e2e/served.h"
#include "page/browser.h"
#include "support/deaf_port.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto told_within = 30s;

// Upper and lower case don't matter to a reader.
bool has(std::string text, std::string words) {
  for (std::string* each : {&text, &words})
    std::ranges::transform(*each, each->begin(), [](unsigned char c) { return std::tolower(c); });
  return text.find(words) != std::string::npos;
}

// What a source's trouble has to look like.
struct Told {
  std::string vendor;
  std::string state;
  std::string activity;
  std::string words;
  std::string code;   // of its line in the log
  std::string level;  // of that
};

class OnCall : public testing::Test {
 protected:
  void begin(Served& world) {
    for (auto& run : runs_) {
      run = world.start();
      Served::until_ready(*run);
    }
    if (has_browser()) browser_.emplace();
  }
  void end() {
    for (auto& run : runs_) drain(*run);
  }

  // --- what is seen where

  std::string status(const Child& run) const {
    const Finished done = run_to_end({auditstream_binary(), "status", "--once", "--url", url_of(run)});
    return done.out + done.err;
  }
  std::string page(const Child& run) {
    if (!browser_) return "";
    browser_->open(url_of(run) + "/");
    until("the page has its first answer", 30s, [&] {
      return browser_->run("return document.querySelector('#live').textContent") != "" ||
             browser_->run("return document.querySelector('#away-says').textContent") != "";
    });
    return browser_->text("body");
  }
  std::string page_row(const Child& run, const std::string& source) {
    (void)page(run);
    return browser_ ? browser_->run(
                          "const row = [...document.querySelectorAll('#rows tr')].find((row) => "
                          "row.querySelector('th b').textContent === '" +
                          source + "'); return row ? row.innerText : ''")
                    : "";
  }
  static std::string metrics(const Child& run) { return ask(run, "GET", "/metrics").body; }
  std::string log_of_both() const { return runs_[0]->err() + runs_[1]->err(); }

  // --- what should be

  // Where it is not told yet.
  std::string untold(const Told& told) {
    const std::string source = World::source(told.vendor);
    std::string list;
    const auto expect = [&](bool is_so, const std::string& where, const std::string& what) {
      if (!is_so) list += where + ": " + what + "\n";
    };
    for (const auto& run : runs_) {
      const std::string at = url_of(*run);
      for (const YAML::Node& entry : get(*run, "/sources")["sources"]) {
        if (entry["name"].as<std::string>() != source) continue;
        const YAML::Node copy = entry;
        expect(entry["state"].as<std::string>() == told.state &&
                   entry["activity"].as<std::string>() == told.activity &&
                   has(entry["error"].as<std::string>(), told.words) && !entry["failing_since"].IsNull(),
               at + "/sources", YAML::Dump(copy));
      }
      const std::string text = status(*run);
      std::string row;
      for (const std::string& line : lines_of(text)) {
        if (line.find(" " + source + " ") != std::string::npos) row = line;
      }
      expect(has(row, told.activity) && has(row, told.words), at + " status", text);
      if (browser_) {
        const std::string shown = page_row(*run, source);
        expect(has(shown, told.activity) && has(shown, told.words), at + " page", shown);
      }
      const Answer ready = ask(*run, "GET", "/readyz");
      expect(ready.status == 200, at + "/readyz", ready.body);
      expect(ask(*run, "GET", "/livez").status == 200, at + "/livez", "");
    }
    const std::string series = "auditstream_source_state{source=\"" + source + "\",vendor=\"" + told.vendor +
                               "\",state=\"" + told.activity + "\"} 1\n";
    expect(metrics(*runs_[0]).find(series) != std::string::npos ||
               metrics(*runs_[1]).find(series) != std::string::npos,
           "metrics", series);
    const auto lines = lines_of(log_of_both());
    expect(std::ranges::any_of(
               lines,
               [&](const std::string& line) {
                 // A topic's line is that of the partition of its cursors.
                 return (line.find(" " + told.level + " source=" + source + " ") != std::string::npos ||
                         line.find(" " + told.level + " partition=") != std::string::npos) &&
                        line.find(" code=" + told.code + " ") != std::string::npos && has(line, told.words);
               }),
           "log", told.level + " " + told.code);
    return list;
  }
  void expect_told(const Told& told, std::chrono::seconds patience = told_within) {
    SCOPED_TRACE(told.vendor + ": " + told.words);
    std::string still;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline && !(still = untold(told)).empty()) {
    }
    EXPECT_THAT(still, IsEmpty());
  }

  // Everywhere but in the log.
  std::string unwell(const Served& world) {
    std::string list;
    for (const auto& run : runs_) {
      const std::string at = url_of(*run);
      if (ask(*run, "GET", "/readyz").status != 200) list += at + "/readyz\n";
      const YAML::Node told = get(*run, "/sources");
      if (!told["kafka"]["reachable"].as<bool>()) list += at + "/sources kafka\n";
      for (const YAML::Node& entry : told["sources"]) {
        if (entry["state"].as<std::string>() != "RUNNING" || !entry["error"].as<std::string>().empty())
          list += at + "/sources " + entry["name"].as<std::string>() + "\n";
      }
      if (metrics(*run).find("\nauditstream_kafka_reachable 1\n") == std::string::npos)
        list += at + " metrics\n";
      const std::string counts = std::to_string(world.vendors().size()) + " running";
      if (!has(status(*run), counts)) list += at + " status: " + status(*run);
      if (browser_ && has(page(*run), "can't be reached")) list += at + " page\n";
    }
    return list;
  }
  void expect_well(const Served& world, std::chrono::seconds patience = told_within) {
    std::string still;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline && !(still = unwell(world)).empty()) {
    }
    EXPECT_THAT(still, IsEmpty());
  }

  // The outage of an instance's Kafka, or of its config, is told above the sources.
  void expect_banner(const Child& run, const std::string& words) {
    SCOPED_TRACE(words);
    until("status has its banner", told_within, [&] { return has(status(run), words); });
    if (browser_) until("the page has its banner", told_within, [&] { return has(page(run), words); });
  }

  std::unique_ptr<Child> runs_[2];
  std::optional<Browser> browser_;
};

// Those of a running system. Each vendor has another one.
TEST_F(OnCall, VendorsThatFailOrRefuseAreToldWithinHalfAMinute) {
  Served world({.vendors = all_vendors, .like = "\"history\":100,\"history_span\":\"48h\",\"rate\":5"});
  const std::filesystem::path key = world.directory.path() / "key";
  const std::string template_of_key = world.source_config("tines")["api_key"].as<std::string>();
  write_file(key, template_of_key);
  world.source_config("tines")["api_key"] = "${file:" + key.string() + "}";
  begin(world);
  world.until_up_to_date();
  expect_well(world);

  const auto cause = [&](const std::string& vendor, const std::string& members) {
    world.control("{\"vendor\":\"" + vendor + "\",\"set\":{" + members + "}}");
  };
  std::filesystem::remove(key);
  cause("workato", "\"refuse\":429");
  cause("floqast", "\"refuse\":503");
  cause("captivateiq", R"("faults":{"html_ok":1})");
  cause("endorlabs", "\"refuse\":401");
  expect_told({"endorlabs", "FAILED", "failing", "401", "unauthorized", "error"});
  expect_told({"captivateiq", "FAILED", "failing", "HTML", "malformed", "error"});
  expect_told({"tines", "FAILED", "failing", "api_key", "unauthorized", "error"});
  expect_told({"workato", "RUNNING", "throttled", "429", "throttled", "info"});
  expect_told({"floqast", "RUNNING", "retrying", "503", "transient", "info"});
  end();
}

// Those that are there from the start: nothing has ever succeeded.
TEST_F(OnCall, VendorsThatCanNotBeReachedAreToldWithinHalfAMinute) {
  Served world({.vendors = {"tines", "workato", "floqast"},
                .like = "\"history\":100,\"history_span\":\"48h\",\"rate\":5"});
  world.source_config("tines")["base_url"] = "https://vendor.invalid";
  const Impostor impostor;
  world.source_config("workato")["base_url"] = impostor.origin();
  const DeafPort deaf;
  world.source_config("floqast")["base_url"] = deaf.origin();
  begin(world);
  expect_told({"tines", "RUNNING", "retrying", "no address", "transient", "info"});
  expect_told({"workato", "RUNNING", "retrying", "no secure connection", "transient", "info"});
  expect_told({"floqast", "RUNNING", "retrying", "no answer in time", "transient", "info"});
  end();
}

TEST_F(OnCall, AVendorThatHasBecomeSlowIsToldAfterItsFirstTimeOut) {
  Served world(
      {.vendors = {"tines", "workato"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":5"});
  begin(world);
  world.until_up_to_date();
  world.control(R"({"vendor":"tines","set":{"latency":"90s"}})");
  expect_told({"tines", "RUNNING", "retrying", "no answer in time", "transient", "info"}, 60s + told_within);
  end();
}

TEST_F(OnCall, ATopicThatIsGoneIsToldWithinHalfAMinute) {
  Served world;
  begin(world);
  world.until_up_to_date();
  delete_topic(world.bootstrap(), world.topic("tines"));
  expect_told(
      {"tines", "FAILED", "failing", world.topic("tines") + " does not exist", "commit_failed", "error"});
}

TEST_F(OnCall, AConfigThatIsRefusedIsToldWithinHalfAMinute) {
  Served world;
  begin(world);
  world.until_up_to_date();
  world.source_config("tines")["overlap"] = "ten";
  const std::string path = world.write_config().string();
  for (const auto& run : runs_) run->signal(SIGHUP);
  for (const auto& run : runs_) {
    expect_banner(*run, "refused at");
    expect_banner(*run, path);
    const YAML::Node told = get(*run, "/sources")["config"];
    EXPECT_FALSE(told["taken"].as<bool>());
    EXPECT_THAT(told["error"].as<std::string>(), HasSubstr("overlap"));
    EXPECT_EQ(ask(*run, "GET", "/readyz").status, 200) << "it works";
    EXPECT_THAT(metrics(*run), HasSubstr("\nauditstream_config_last_reload_successful 0\n"));
    EXPECT_THAT(run->err(), HasSubstr(" error code=config_refused "));
  }
  world.source_config("tines")["overlap"] = "11m";
  world.write_config();
  for (const auto& run : runs_) run->signal(SIGHUP);
  for (const auto& run : runs_) {
    until("it is taken", told_within, [&] { return get(*run, "/sources")["config"]["taken"].as<bool>(); });
    EXPECT_THAT(status(*run), testing::Not(HasSubstr("refused")));
  }
  end();
}

TEST_F(OnCall, KafkaThatIsGoneIsToldWithinHalfAMinute) {
  Broker kafka;
  Served world(
      {.vendors = {"tines", "workato"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":5"},
      kafka.bootstrap());
  begin(world);
  world.until_up_to_date();
  expect_well(world);
  kafka.kill();
  for (const auto& run : runs_) {
    until("it is said", told_within, [&] { return has(run->err(), " code=kafka_unreachable "); });
    expect_banner(*run, "Kafka can't be reached");
    const Answer ready = ask(*run, "GET", "/readyz");
    EXPECT_EQ(ready.status, 503);
    EXPECT_THAT(ready.body, HasSubstr("Kafka can't be reached since"));
    EXPECT_EQ(ask(*run, "GET", "/livez").status, 200);
    EXPECT_THAT(metrics(*run), HasSubstr("\nauditstream_kafka_reachable 0\n"));
    EXPECT_FALSE(get(*run, "/sources")["kafka"]["reachable"].as<bool>());
    EXPECT_TRUE(has(status(*run), "2 unknown")) << status(*run);
    if (browser_) {
      EXPECT_TRUE(has(page_row(*run, "acme-tines"), "unknown"));
    }
  }
  kafka.start();
  expect_well(world, 90s);
  world.stop_production();
  world.expect_exactly_once();
  end();
}

// Its partitions are with the other one within the session time-out, and that is what is shown.
TEST_F(OnCall, AnInstanceThatHangsIsToldWithinHalfAMinute) {
  Served world;
  begin(world);
  world.until_up_to_date();
  expect_well(world);
  const std::string hung = url_of(*runs_[0]);
  // All of its threads stand: its own supervisor's probe and Prometheus get no answer.
  runs_[0]->signal(SIGSTOP);
  const Child& other = *runs_[1];
  until("the other one has all", told_within, [&] {
    const YAML::Node told = get(other, "/sources")["sources"];
    return std::ranges::all_of(told, [&](const YAML::Node& entry) {
      return entry["state"].as<std::string>() == "RUNNING" && !entry["activity"].as<std::string>().empty();
    });
  });
  EXPECT_EQ(ask(other, "GET", "/readyz").status, 200);
  EXPECT_TRUE(has(status(other), "2 running"));
  const Finished dead = run_to_end({auditstream_binary(), "status", "--once", "--url", hung});
  EXPECT_EQ(dead.status, 69) << dead.out << dead.err;
  runs_[0]->signal(SIGCONT);
  expect_well(world, 60s);
  world.stop_production();
  world.expect_exactly_once();
  end();
}

// --- three brokers

class OnCallWithThreeBrokers : public OnCall {
 protected:
  static void SetUpTestSuite() { brokers_ = std::make_unique<Brokers>(3); }
  static void TearDownTestSuite() { brokers_.reset(); }

  OnCallWithThreeBrokers()
      : world_(
            {.vendors = {"tines", "workato"}, .like = "\"history\":50,\"history_span\":\"48h\",\"rate\":5"},
            brokers_->bootstrap()) {
    begin(world_);
    world_.until_up_to_date();
    expect_well(world_);
  }
  // Two of three are enough: nobody is woken.
  void expect_nothing_worth_telling(int lost) {
    brokers_->kill(lost);
    expect_well(world_);
    world_.until_up_to_date();
    expect_well(world_);
    brokers_->start(lost);
    brokers_->until_in_sync();
    expect_well(world_);
    for (const auto& run : runs_) {
      EXPECT_FALSE(has(run->err(), " code=kafka_unreachable ")) << run->err();
      EXPECT_FALSE(has(run->err(), " error ")) << run->err();
    }
    world_.stop_production();
    world_.expect_exactly_once();
    end();
  }

  static inline std::unique_ptr<Brokers> brokers_;
  Served world_;
};

TEST_F(OnCallWithThreeBrokers, OneOfThemIsNobodysAlarm) {
  expect_nothing_worth_telling(leader_of(world_.bootstrap(), world_.topic("tines"), 0).value());
}

TEST_F(OnCallWithThreeBrokers, ACoordinatorThatMovesIsNobodysAlarm) {
  expect_nothing_worth_telling(
      world_.keeper_of("__consumer_offsets", world_.config["group"].as<std::string>()));
}

}  // namespace
}  // namespace auditstream::test
