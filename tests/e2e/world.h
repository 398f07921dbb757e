// World: all that one end-to-end test needs around the binary: simulated vendors, topics of its own on a real
// Kafka, and a config that joins them.
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/child.h"
#include "support/kafka/broker.h"
#include "support/kafka/comparison.h"
#include "support/kafka/topic_reader.h"
#include "support/until.h"
#include "vendor_apis/names.h"

namespace auditstream::test {

inline const std::vector<std::string> all_vendors = [] {
  std::vector<std::string> names;
  for (const auto& vendor : vendor_apis::vendor_names) names.emplace_back(vendor.name);
  return names;
}();

// What the tenants of a world are like; one per vendor, called acme.
struct Tenants {
  std::vector<std::string> vendors = all_vendors;
  // Members of TenantSpec beside vendor, name and credentials, as JSON: "\"history\":300,\"rate\":5".
  std::string like = "\"history\":300,\"history_span\":\"72h\",\"rate\":5";
  bool limited = false;       // the vendors' documented rate limits, else none
  Environment environment{};  // of the simulated vendors' process
};

// A little history, and events that keep coming.
inline Tenants busy_tenants() { return {.like = "\"history\":200,\"history_span\":\"72h\",\"rate\":5"}; }

// As docs/operations.md has them, spelled anew: a change of the program's must be noticed.
inline constexpr int exit_problem = 1, exit_usage = 64, exit_unavailable = 69, exit_config = 78;
// Of the offsets topic of a World.
inline constexpr int offsets_partitions = 3;

class World {
 public:
  // Broker::shared() where no address is given.
  explicit World(const Tenants& tenants = {}, std::string bootstrap = "");

  const std::string& bootstrap() const { return bootstrap_; }
  std::string topic(const std::string& vendor) const { return name_ + "." + vendor; }
  std::string dead_letter_topic(const std::string& vendor) const { return topic(vendor) + ".dlq"; }
  std::string offsets_topic() const { return name_ + "-offsets"; }
  std::vector<std::string> topics() const;
  static std::string source(const std::string& vendor) { return "acme-" + vendor; }
  // How many lines with this code the process has logged about the vendor's source.
  static std::size_t times_said(const Child& run, const std::string& vendor, const std::string& code);
  const std::vector<std::string>& vendors() const { return vendors_; }

  // The credentials of all tenants, as they must never be seen.
  std::vector<std::string> secrets() const;

  // The config as it will be written by the next command. `source_config` is the part of one vendor's source.
  YAML::Node config;
  YAML::Node source_config(const std::string& vendor);
  std::filesystem::path write_config();

  // auditstream with these arguments, `-c CONFIG` added after the command.
  std::vector<std::string> command(std::vector<std::string> arguments);
  std::unique_ptr<Child> start(std::vector<std::string> arguments = {"run"},
                               const Environment& environment = {});
  Finished auditstream(std::vector<std::string> arguments, std::chrono::milliseconds patience = 60s);

  // POST /_control with this JSON.
  void control(const std::string& json);
  void stop_production() { control("{\"production\":false}"); }
  // GET /_truth, raw events included.
  std::string truth(const std::string& vendor);
  std::string stats();
  // How many requests the vendor has got.
  std::uint64_t requests(const std::string& vendor);
  // Waits until each vendor's log has been read again, wholly after this was called.
  void until_polled();
  // The vendor's cursor, as `cursors show --json` gives it.
  YAML::Node cursor(const std::string& vendor);

  // The broker that leads the partition in which Kafka itself keeps what belongs to this name.
  int keeper_of(const std::string& topic, const std::string& name) const;

  // Which events belong into the topic, by their line of /_truth; empty: all.
  using Wanted = std::function<bool(const std::string& truth_line)>;
  Comparison compare_with_topic(const std::string& vendor, const Wanted& wanted = {});
  // Waits until these vendors have a few more events than now, and whatever they have then is in the topics.
  void until_up_to_date(const std::vector<std::string>& vendors, const Wanted& wanted = {});
  void until_up_to_date() { until_up_to_date(vendors_); }
  // Waits until nothing is missing, then expects nothing duplicated, altered or unknown: of all vendors or of
  // one.
  void expect_exactly_once(std::chrono::seconds patience = 120s);
  void expect_exactly_once(const std::string& vendor, const Wanted& wanted,
                           std::chrono::seconds patience = 120s);
  // Of each vendor's source and generation every auditstream_seq from 1 on is in the topic, each once.
  void expect_gapless();

  TemporaryDirectory directory;

 private:
  std::string name_;
  std::string bootstrap_;
  std::vector<std::string> vendors_;
  std::unique_ptr<Child> simvendors_;
  std::string origin_;
};

// Ends a process of auditstream: as a crash would, or in order, which must give exit code 0.
void kill_at_once(Child& run);
void drain(Child& run);

// Waits until its log has this text.
void until_said(const Child& run, const std::string& text);

// The built binary.
std::string auditstream_binary();

}  // namespace auditstream::test
