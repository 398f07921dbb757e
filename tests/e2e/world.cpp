#include "e2e/world.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

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
const std::string endor_secret = "s3cret-endorlabs-secret";

std::string tenants_json(const Tenants& tenants) {
  std::string json = "[";
  for (const std::string& vendor : tenants.vendors) {
    if (json.size() > 1) json += ",\n";
    json += "{\"vendor\":" + quoted(vendor) + ",\"name\":\"acme\",\"credential\":" + quoted(key_of(vendor));
    json += ",\"seed\":" + std::to_string(json.size());
    if (vendor == "endorlabs") json += ",\"secret\":" + quoted(endor_secret);
    if (!tenants.limited) json += ",\"rate_limit\":[]";
    json += "," + tenants.like + "}";
  }
  return json + "]\n";
}

std::string curl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"curl", "-sS", "--fail-with-body", "--noproxy", "*"});
  const Finished finished = run_to_end(arguments);
  if (finished.status != 0) throw std::runtime_error("curl fails: " + finished.err + finished.out);
  return finished.out;
}

}  // namespace

std::string auditstream_binary() { return BUILD_DIR "/auditstream"; }

World::World(const Tenants& tenants, std::string bootstrap)
    : name_(unique_name()),
      bootstrap_(bootstrap.empty() ? Broker::shared() : std::move(bootstrap)),
      vendors_(tenants.vendors) {
  const std::filesystem::path yaml = directory.path() / "written.yaml";
  write_file(directory.path() / "tenants.json", tenants_json(tenants));
  simvendors_ = std::make_unique<Child>(
      std::vector<std::string>{BUILD_DIR "/tests/simvendors", "--config", directory.path() / "tenants.json",
                               "--port-file", directory.path() / "port", "--write-config", yaml,
                               "--bootstrap", bootstrap_, "--poll-interval", "200ms"});
  until("simvendors listens", 20s, [&] {
    if (!simvendors_->running()) throw std::runtime_error("simvendors ends: " + simvendors_->err());
    return std::filesystem::exists(directory.path() / "port");
  });
  origin_ = "http://127.0.0.1:" + std::to_string(std::stoi(read_file(directory.path() / "port")));

  config = YAML::LoadFile(yaml);
  config["group"] = name_;
  config["topics"]["events"] = name_ + ".{vendor}";
  config["topics"]["dead_letters"] = name_ + ".{vendor}.dlq";
  config["topics"]["partitions"] = 2;
  config["offsets"]["topic"] = offsets_topic();
  config["offsets"]["partitions"] = 3;
}

std::vector<std::string> World::topics() const {
  std::vector<std::string> topics;
  for (const std::string& vendor : vendors_) topics.push_back(topic(vendor));
  return topics;
}

std::vector<std::string> World::secrets() const {
  std::vector<std::string> secrets{endor_secret};
  for (const std::string& vendor : vendors_) secrets.push_back(key_of(vendor));
  return secrets;
}

YAML::Node World::source_config(const std::string& vendor) {
  for (const YAML::Node& source : config["sources"]) {
    if (source["vendor"].as<std::string>() == vendor) return source;
  }
  throw std::runtime_error("no source of " + vendor);
}

std::filesystem::path World::write_config() {
  const std::filesystem::path path = directory.path() / "auditstream.yaml";
  write_file(path, YAML::Dump(config) + "\n");
  return path;
}

std::vector<std::string> World::command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), auditstream_binary());
  arguments.insert(arguments.end(), {"-c", write_config()});
  return arguments;
}

std::unique_ptr<Child> World::start(std::vector<std::string> arguments) {
  return std::make_unique<Child>(command(std::move(arguments)));
}

Finished World::auditstream(std::vector<std::string> arguments, std::chrono::milliseconds patience) {
  return run_to_end(command(std::move(arguments)), {}, patience);
}

void World::control(const std::string& json) { curl({"-d", json, origin_ + "/_control"}); }

std::string World::truth(const std::string& vendor) {
  return curl({origin_ + "/_truth?raw=true&tenant=acme&vendor=" + vendor});
}

std::string World::stats() { return curl({origin_ + "/_stats"}); }

Comparison World::compare_with_topic(const std::string& vendor) {
  const std::vector<TrueEvent> truth = read_truth(this->truth(vendor));
  return compare(truth, read_topic(bootstrap_, topic(vendor)));
}

void World::expect_exactly_once(std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (const std::string& vendor : vendors_) {
    Comparison last;
    const auto complete = [&] {
      last = compare_with_topic(vendor);
      return last.missing == 0 || std::chrono::steady_clock::now() > deadline;
    };
    until(vendor + " is complete", patience + 60s, complete);
    EXPECT_GT(last.vendor_had, 0u) << vendor;
    EXPECT_TRUE(last.perfect()) << vendor << ": of " << last.vendor_had << " missing " << last.missing
                                << ", duplicated " << last.duplicated << ", altered " << last.altered
                                << ", unknown " << last.unknown << ", e.g. "
                                << ::testing::PrintToString(last.examples);
  }
}

}  // namespace auditstream::test
