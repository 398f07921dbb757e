#include "e2e/world.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>
#include <numeric>

#include <algorithm>
#include <fstream>
#include <map>
#include <stdexcept>

#include "paths.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

// Topics outlive the test, and a Kafka may outlive several runs.
std::string unique_name() {
  static int count = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch() / 1ms;
  return "e2e-" + std::to_string(now % 1'000'000'000) + "-" + std::to_string(getpid()) + "-" +
         std::to_string(++count);
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string key_of(const std::string& vendor) { return "s3cret-" + vendor + "-key"; }
// For the vendors that want two.
std::string secret_of(const std::string& vendor) { return "s3cret-" + vendor + "-secret"; }

std::string tenants_json(const Tenants& tenants) {
  std::string json = "[";
  for (const std::string& vendor : tenants.vendors) {
    if (json.size() > 1) json += ",\n";
    json += "{\"vendor\":" + quoted(vendor) + ",\"name\":\"acme\",\"credential\":" + quoted(key_of(vendor));
    json += ",\"seed\":" + std::to_string(json.size());
    json += ",\"secret\":" + quoted(secret_of(vendor));
    if (!tenants.limited) json += ",\"rate_limit\":[]";
    json += "," + tenants.like + "}";
  }
  return json + "]\n";
}

std::vector<TrueEvent> read_truth_of(const std::string& lines, const World::Wanted& wanted) {
  if (!wanted) return read_truth(lines);
  std::string kept;
  for (const std::string& line : lines_of(lines)) {
    if (wanted(line)) kept += line + "\n";
  }
  return read_truth(kept);
}

std::string curl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"curl", "-sS", "--fail-with-body", "--noproxy", "*"});
  const Finished finished = run_to_end(arguments);
  if (finished.status != 0) throw std::runtime_error("curl fails: " + finished.err + finished.out);
  return finished.out;
}

}  // namespace

void World::expect_gapless() {
  for (const std::string& vendor : vendors_) {
    std::map<std::string, std::vector<std::uint64_t>> numbers;  // by generation
    for (const Record& record : read_topic(bootstrap_, topic(vendor)))
      numbers[std::string(record.header("auditstream_generation"))].push_back(
          std::stoull(std::string(record.header("auditstream_seq"))));
    EXPECT_FALSE(numbers.empty()) << vendor;
    for (auto& [generation, all] : numbers) {
      std::ranges::sort(all);
      std::vector<std::uint64_t> expected(all.size());
      std::iota(expected.begin(), expected.end(), 1);
      EXPECT_TRUE(all == expected) << vendor << ", generation " << generation << ": " << all.size()
                                   << " events, numbered " << all.front() << " to " << all.back();
    }
  }
}

void until_said(const Child& run, const std::string& text) {
  until("it says: " + text, 90s, [&] { return run.err().find(text) != std::string::npos; });
}

std::string auditstream_binary() { return BUILD_DIR "/auditstream"; }

void kill_at_once(Child& run) {
  run.signal(SIGKILL);
  ASSERT_EQ(run.wait(10s), 128 + SIGKILL) << run.err();
}

void drain(Child& run) {
  run.signal(SIGTERM);
  ASSERT_EQ(run.wait(30s), 0) << run.err();
}

World::World(const Tenants& tenants, std::string bootstrap)
    : name_(unique_name()),
      bootstrap_(bootstrap.empty() ? Broker::shared() : std::move(bootstrap)),
      vendors_(tenants.vendors) {
  const std::filesystem::path yaml = directory.path() / "written.yaml";
  write_file(directory.path() / "tenants.json", tenants_json(tenants));
  simvendors_ = std::make_unique<Child>(
      std::vector<std::string>{BUILD_DIR "/tests/simvendors", "--config", directory.path() / "tenants.json",
                               "--port-file", directory.path() / "port", "--write-config", yaml,
                               "--bootstrap", bootstrap_, "--poll-interval", "200ms"},
      tenants.environment);
  until("simvendors listens", 20s, [&] {
    if (!simvendors_->running()) throw std::runtime_error("simvendors ends: " + simvendors_->err());
    return std::filesystem::exists(directory.path() / "port");
  });
  origin_ = "http://127.0.0.1:" + std::to_string(std::stoi(read_file(directory.path() / "port")));

  config = YAML::LoadFile(yaml);
  config["group"] = name_;
  // Whoever comes back under this name gets its partitions at once, also after a crash.
  config["kafka"]["group.instance.id"] = "one";
  config["topics"]["events"] = name_ + ".{vendor}";
  config["topics"]["dead_letters"] = name_ + ".{vendor}.dlq";
  config["topics"]["partitions"] = 2;
  config["offsets"]["topic"] = offsets_topic();
  config["offsets"]["partitions"] = offsets_partitions;
}

std::vector<std::string> World::topics() const {
  std::vector<std::string> topics;
  for (const std::string& vendor : vendors_) topics.push_back(topic(vendor));
  return topics;
}

std::size_t World::times_said(const Child& run, const std::string& vendor, const std::string& code) {
  const std::vector<std::string> lines = lines_of(run.err());
  const auto says_it = [&](const std::string& line) {
    return line.find(" source=" + source(vendor) + " ") != std::string::npos &&
           line.find(" code=" + code + " ") != std::string::npos;
  };
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), says_it));
}

std::vector<std::string> World::secrets() const {
  std::vector<std::string> secrets;
  for (const std::string& vendor : vendors_) {
    secrets.push_back(key_of(vendor));
    secrets.push_back(secret_of(vendor));
  }
  return secrets;
}

int World::keeper_of(const std::string& topic, const std::string& name) const {
  for (const Record& record : read_topic(bootstrap_, topic)) {
    if (record.key.value_or("").find(name) == std::string::npos) continue;
    return leader_of(bootstrap_, topic, record.partition).value();
  }
  throw std::runtime_error("nothing of " + name + " in " + topic);
}

YAML::Node World::source_config(const std::string& vendor) {
  for (const YAML::Node& source : config["sources"]) {
    if (source["vendor"].as<std::string>() == vendor) return source;
  }
  throw std::runtime_error("no source of " + vendor);
}

std::filesystem::path World::write_config() {
  const std::filesystem::path path = directory.path() / "auditstream.yaml";
  const std::string text = YAML::Dump(config) + "\n";
  // Instances read a file that was written again.
  if (!std::filesystem::exists(path) || read_file(path) != text) write_file(path, text);
  return path;
}

std::vector<std::string> World::command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), auditstream_binary());
  arguments.insert(arguments.end(), {"-c", write_config()});
  return arguments;
}

std::unique_ptr<Child> World::start(std::vector<std::string> arguments, const Environment& environment) {
  return std::make_unique<Child>(command(std::move(arguments)), environment);
}

Finished World::auditstream(std::vector<std::string> arguments, std::chrono::milliseconds patience) {
  return run_to_end(command(std::move(arguments)), {}, patience);
}

void World::control(const std::string& json) { curl({"-d", json, origin_ + "/_control"}); }

std::string World::truth(const std::string& vendor) {
  return curl({origin_ + "/_truth?raw=true&tenant=acme&vendor=" + vendor});
}

std::string World::stats() { return curl({origin_ + "/_stats"}); }

std::uint64_t World::requests(const std::string& vendor) {
  for (const YAML::Node& tenant : YAML::Load(stats())) {  // JSON is YAML
    if (tenant["vendor"].as<std::string>() == vendor) return tenant["requests"].as<std::uint64_t>();
  }
  throw std::runtime_error("no tenant of " + vendor);
}

void World::until_polled() {
  std::map<std::string, std::uint64_t> enough;
  for (const std::string& vendor : vendors_) enough[vendor] = requests(vendor) + 4;
  for (const auto& [vendor, count] : enough)
    until(vendor + " is polled", 60s,
          [this, vendor = vendor, count = count] { return requests(vendor) >= count; });
}

YAML::Node World::cursor(const std::string& vendor) {
  const Finished shown = auditstream({"cursors", "show", source(vendor), "--json"});
  if (shown.status != 0) throw std::runtime_error("cursors show fails: " + shown.err + shown.out);
  return YAML::Load(shown.out);
}

Comparison World::compare_with_topic(const std::string& vendor, const Wanted& wanted) {
  // First, so that the vendor has whatever is found in it.
  const std::vector<Record> records = read_topic(bootstrap_, topic(vendor));
  return compare(read_truth_of(truth(vendor), wanted), records);
}

void World::until_up_to_date(const std::vector<std::string>& vendors, const Wanted& wanted) {
  constexpr std::size_t a_few = 3;
  std::map<std::string, std::vector<TrueEvent>> truths;
  for (const std::string& vendor : vendors) truths[vendor] = read_truth_of(truth(vendor), wanted);
  for (auto& [vendor, events] : truths) {
    const std::size_t enough = events.size() + a_few;
    until(vendor + " has news", 60s, [&] {
      events = read_truth_of(truth(vendor), wanted);
      return events.size() >= enough;
    });
  }
  for (const auto& [vendor, events] : truths) {
    until("all of " + vendor + " arrives", 60s,
          [&] { return compare(events, read_topic(bootstrap_, topic(vendor))).missing == 0; });
  }
}

void World::expect_exactly_once(std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (const std::string& vendor : vendors_) {
    const auto left = std::chrono::floor<std::chrono::seconds>(deadline - std::chrono::steady_clock::now());
    expect_exactly_once(vendor, {}, std::max(left, 0s));
  }
}

void World::expect_exactly_once(const std::string& vendor, const Wanted& wanted,
                                std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  Comparison last;
  const auto complete = [&] {
    last = compare_with_topic(vendor, wanted);
    return last.missing == 0 || std::chrono::steady_clock::now() > deadline;
  };
  until(vendor + " is complete", patience + 60s, complete);
  EXPECT_GT(last.vendor_had, 0u) << vendor;
  EXPECT_TRUE(last.perfect()) << vendor << ": of " << last.vendor_had << " missing " << last.missing
                              << ", duplicated " << last.duplicated << ", altered " << last.altered
                              << ", unknown " << last.unknown << ", e.g. "
                              << ::testing::PrintToString(last.examples);
}

}  // namespace auditstream::test
