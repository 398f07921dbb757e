// What a live instance's /metrics has: the very series on which docs/alerts.yaml was tested, from the first
// scrape on and without Kafka. And the recordings of outages for those tests (tests/package/outages), which
// are made anew by
//   ctest -R kafka.start; AUDITSTREAM_TEST_KAFKA=... e2e_tests --gtest_also_run_disabled_tests
//   --gtest_filter='Outages.*'
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <vector>

#include "auditstream/time.h"
#include "e2e/asking.h"
#include "e2e/impostor.h"
#include "e2e/world.h"
#include "paths.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

namespace fs = std::filesystem;
using Scrape = std::map<std::string, double>;  // by name{labels}

const std::string recordings = PROJECT_DIR "/tests/package/outages/";

// Without what no rule asks for: buckets, sums and most of the process. Which build it is doesn't matter.
bool is_of_interest(const std::string& series) {
  const std::string name = series.substr(0, series.find('{'));
  if (name == "process_start_time_seconds") return true;
  return name.starts_with("auditstream_") && !name.ends_with("_bucket") && !name.ends_with("_sum");
}

// Nothing where nobody answers.
std::optional<Scrape> scrape(const std::string& url) {
  const Finished done = run_to_end({"curl", "-sf", "-m", "5", "--noproxy", "*", url + "/metrics"});
  if (done.status != 0) return std::nullopt;
  Scrape scrape;
  for (const std::string& line : lines_of(done.out)) {
    const std::size_t space = line.rfind(' ');
    if (line.starts_with("#") || space == std::string::npos) continue;
    std::string series = line.substr(0, space);
    if (series.starts_with("auditstream_build_info")) series = "auditstream_build_info";
    if (is_of_interest(series)) scrape[series] = std::stod(line.substr(space + 1));
  }
  return scrape;
}

// --- what is there

// Those that a recording of two healthy sources has of one instance; not by status, which come as they come.
std::set<std::string> recorded_series() {
  std::set<std::string> all;
  for (const YAML::Node& each : YAML::LoadFile(recordings + "kafka_away.yaml")) {
    std::string series = each["series"].as<std::string>();
    const std::size_t target = series.find("job=\"auditstream\",instance=\"a\"");
    if (target == std::string::npos || series.starts_with("up{")) continue;
    series.erase(target, std::string("job=\"auditstream\",instance=\"a\"").size());
    if (series.ends_with(",}")) series.erase(series.size() - 2, 1);
    if (series.ends_with("{}")) series.resize(series.size() - 2);
    if (!series.starts_with("auditstream_http_requests_total")) all.insert(series);
  }
  return all;
}

std::set<std::string> series_of(const Scrape& scrape) {
  std::set<std::string> all;
  for (const auto& [series, value] : scrape) {
    if (!series.starts_with("auditstream_http_requests_total")) all.insert(series);
  }
  return all;
}

Tenants two_sources() {
  return {.vendors = {"tines", "workato"}, .like = "\"history\":50,\"history_span\":\"72h\",\"rate\":2"};
}

TEST(Scrapes, HaveEverySeriesBeforeKafkaWasReached) {
  World world(two_sources(), "127.0.0.1:9");
  const auto run = world.start({"run", "--wait-for-kafka", "5m"});
  EXPECT_EQ(series_of(scrape(url_of(*run)).value()), recorded_series());
}

TEST(Scrapes, HaveTheSeriesThatAlertsWereTestedOn) {
  World world(two_sources());
  const auto run = world.start();
  const std::string url = url_of(*run);
  EXPECT_EQ(series_of(scrape(url).value()), recorded_series()) << "the first one";
  world.until_up_to_date();
  const Scrape later = scrape(url).value();
  EXPECT_EQ(series_of(later), recorded_series());
  for (const char* labels :
       {R"({source="acme-tines",vendor="tines"})", R"({source="acme-workato",vendor="workato"})"}) {
    EXPECT_GT(later.at(std::string("auditstream_source_last_success_timestamp_seconds") + labels), 1.7e9);
    EXPECT_GT(later.at(std::string("auditstream_events_published_total") + labels), 0);
  }
  drain(*run);
}

TEST(Scrapes, TellThatAConfigWasRefusedAndThatOneIsTakenAgain) {
  World world(two_sources());
  const auto run = world.start();
  const std::string url = url_of(*run);
  const auto successful = [&] { return scrape(url).value().at("auditstream_config_last_reload_successful"); };
  const auto when = [&] {
    return scrape(url).value().at("auditstream_config_last_reload_success_timestamp_seconds");
  };
  world.until_up_to_date();
  EXPECT_EQ(successful(), 1);
  const double first = when();
  EXPECT_GT(first, 1.7e9);
  world.source_config("tines")["overlap"] = "ten";
  world.write_config();
  run->signal(SIGHUP);
  until("it is refused", 30s, [&] { return successful() == 0; });
  EXPECT_EQ(when(), first);
  world.source_config("tines")["overlap"] = "11m";
  world.write_config();
  run->signal(SIGHUP);
  until("it is taken", 30s, [&] { return successful() == 1; });
  EXPECT_GT(when(), first);
  drain(*run);
}

// --- recordings

// Scrapes of instances, one every six seconds, written as if it were one a minute: what lasts an hour takes
// six minutes. Times are moved and stretched likewise: the first scrape is at an hour of the alerts' clock,
// which begins at 0.
class Recording {
 public:
  explicit Recording(std::string name) : name_(std::move(name)) {}

  void instance(const std::string& name, const Child& run) { urls_[name] = url_of(run); }

  void minutes(int count) {
    for (int i = 0; i < count; ++i) {
      if (begin_ == 0) begin_ = now();
      for (const auto& [instance, url] : urls_) add(instance, scrape(url));
      ++taken_;
      let_pass(6s);
    }
  }

  ~Recording() {
    std::ofstream file(recordings + name_ + ".yaml");
    file << "# Recorded by e2e.Outages. Scrapes of " << taken_ << " minutes, the first at 60m.\n";
    for (const auto& [series, values] : samples_)
      file << "- {series: '" << series << "', values: '" << notation(values) << "'}\n";
  }

 private:
  static double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }

  void add(const std::string& instance, const std::optional<Scrape>& scrape) {
    const std::string target = "job=\"auditstream\",instance=\"" + instance + "\"";
    samples_["up{" + target + "}"][taken_] = scrape ? 1 : 0;
    if (!scrape) return;
    for (const auto& [series, value] : *scrape) {
      const std::size_t brace = series.find('{');
      std::string name = series.substr(0, brace);
      std::string labels = brace == std::string::npos
                               ? "{" + target + "}"
                               : series.substr(brace, series.size() - brace - 1) + "," + target + "}";
      const bool is_time = name.ends_with("_timestamp_seconds") || name == "process_start_time_seconds";
      samples_[name + labels][taken_] =
          is_time && value != 0 ? 3600 + std::round((value - begin_) * 100) / 10 : value;
    }
  }

  // Prometheus' own: "_x60 1 0x5".
  std::string notation(const std::map<int, double>& values) const {
    std::vector<std::string> words(60, "_");
    for (int i = 0; i < taken_; ++i) {
      const auto found = values.find(i);
      std::ostringstream word;
      word.precision(12);
      if (found == values.end()) {
        word << "_";
      } else {
        word << found->second;
      }
      words.push_back(word.str());
    }
    std::string text;
    for (std::size_t i = 0; i < words.size();) {
      std::size_t end = i;
      while (end < words.size() && words[end] == words[i]) ++end;
      const std::size_t count = end - i;
      text += (text.empty() ? "" : " ") + words[i];
      // "1x5" is six of them, "_x5" is five.
      if (words[i] == "_") {
        text += "x" + std::to_string(count);
      } else if (count > 1) {
        text += "x" + std::to_string(count - 1);
      }
      i = end;
    }
    return text;
  }

  const std::string name_;
  std::map<std::string, std::string> urls_;
  double begin_ = 0;
  int taken_ = 0;
  std::map<std::string, std::map<int, double>> samples_;  // by series and minute
};

struct Outage : World {
  explicit Outage(std::string name, std::string bootstrap = "")
      : World(two_sources(), std::move(bootstrap)), recording(std::move(name)) {
    config["kafka"].remove("group.instance.id");
    config["offsets"]["partitions"] = 8;
  }
  std::unique_ptr<Child> instance(const std::string& name) {
    auto run = start();
    recording.instance(name, *run);
    return run;
  }
  // Up to 65m of the recording.
  void live_well() {
    until_up_to_date();
    recording.minutes(5);
  }
  Recording recording;
};

TEST(Outages, DISABLED_KafkaGoesAndComesBack) {
  Broker kafka;
  Outage outage("kafka_away", kafka.bootstrap());
  const auto a = outage.instance("a"), b = outage.instance("b");
  outage.until_up_to_date();
  outage.recording.minutes(10);
  kafka.kill();
  outage.recording.minutes(40);
  kafka.start();
  outage.recording.minutes(30);
}

TEST(Outages, DISABLED_AVendorIsAwayFromTheStart) {
  Outage outage("vendor_away");
  outage.control("{\"vendor\":\"tines\",\"set\":{\"faults\":{\"server_error\":1}}}");
  const auto a = outage.instance("a");
  outage.recording.minutes(60);
}

TEST(Outages, DISABLED_AVendorThrottlesFromTheStart) {
  Outage outage("throttled");
  outage.control("{\"vendor\":\"tines\",\"set\":{\"faults\":{\"throttled\":1}}}");
  const auto a = outage.instance("a");
  outage.recording.minutes(60);
}

TEST(Outages, DISABLED_ACredentialIsRefused) {
  Outage outage("credential_refused");
  const auto a = outage.instance("a");
  outage.live_well();
  outage.control("{\"vendor\":\"tines\",\"set\":{\"refuse\":401}}");
  outage.recording.minutes(55);
}

TEST(Outages, DISABLED_AnInstanceGoes) {
  Outage outage("instance_gone");
  const auto a = outage.instance("a"), b = outage.instance("b");
  outage.live_well();
  kill_at_once(*a);
  outage.recording.minutes(20);
}

TEST(Outages, DISABLED_AnInstanceHangs) {
  Outage outage("instance_hung");
  const auto a = outage.instance("a"), b = outage.instance("b");
  outage.live_well();
  a->signal(SIGSTOP);
  outage.recording.minutes(20);
}

TEST(Outages, DISABLED_VendorsCanNotBeReachedFromTheStart) {
  Outage outage("vendors_unreachable");
  const Impostor impostor;
  outage.source_config("tines")["base_url"] = "https://vendor.invalid";
  outage.source_config("workato")["base_url"] = impostor.origin();
  const auto a = outage.instance("a");
  outage.recording.minutes(60);
}

TEST(Outages, DISABLED_AVendorIsTooSlow) {
  Outage outage("vendor_slow");
  const auto a = outage.instance("a");
  outage.live_well();
  outage.control("{\"vendor\":\"tines\",\"set\":{\"latency\":\"90s\"}}");
  outage.recording.minutes(75);
}

TEST(Outages, DISABLED_AVendorAnswersWithPages) {
  Outage outage("vendor_html");
  const auto a = outage.instance("a");
  outage.live_well();
  outage.control("{\"vendor\":\"tines\",\"set\":{\"faults\":{\"html_ok\":1}}}");
  outage.recording.minutes(55);
}

TEST(Outages, DISABLED_ASecretsFileGoes) {
  Outage outage("secret_gone");
  const std::filesystem::path key = outage.directory.path() / "key";
  write_file(key, outage.source_config("tines")["api_key"].as<std::string>());
  outage.source_config("tines")["api_key"] = "${file:" + key.string() + "}";
  const auto a = outage.instance("a");
  outage.live_well();
  std::filesystem::remove(key);
  outage.recording.minutes(55);
}

TEST(Outages, DISABLED_ATopicGoes) {
  Outage outage("topic_gone");
  const auto a = outage.instance("a");
  outage.live_well();
  delete_topic(outage.bootstrap(), outage.topic("tines"));
  outage.recording.minutes(55);
}

TEST(Outages, DISABLED_OneBrokerOfThreeGoes) {
  Brokers brokers(3);
  Outage outage("broker_gone", brokers.bootstrap());
  const auto a = outage.instance("a"), b = outage.instance("b");
  outage.live_well();
  brokers.kill(leader_of(outage.bootstrap(), outage.topic("tines"), 0).value());
  outage.recording.minutes(25);
}

TEST(Outages, DISABLED_ACoordinatorMoves) {
  Brokers brokers(3);
  Outage outage("coordinator_moved", brokers.bootstrap());
  const auto a = outage.instance("a"), b = outage.instance("b");
  outage.live_well();
  brokers.kill(outage.keeper_of("__consumer_offsets", outage.config["group"].as<std::string>()));
  outage.recording.minutes(25);
}

TEST(Outages, DISABLED_AConfigIsRefused) {
  Outage outage("config_refused");
  const auto a = outage.instance("a");
  outage.live_well();
  outage.source_config("tines")["overlap"] = "ten";
  outage.write_config();
  a->signal(SIGHUP);
  outage.recording.minutes(15);
}

TEST(Outages, DISABLED_AClockIsWrong) {
  Outage outage("clock_skew");
  outage.control("{\"vendor\":\"workato\",\"set\":{\"clock_offset\":\"-5m\"}}");
  const auto a = outage.instance("a");
  outage.recording.minutes(25);
}

}  // namespace
}  // namespace auditstream::test
