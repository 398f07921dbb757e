// topic_compare: what the simulated vendors had against what the topics hold, as a table or as JSON. Exit 0
// only if nothing is missing, duplicated, altered or unknown.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auditstream/json.h"
#include "support/kafka/comparison.h"
#include "support/kafka/topic_reader.h"

namespace {

using namespace auditstream::test;
using Clock = std::chrono::steady_clock;

struct Row {
  std::string name;  // TOPIC, or TOPIC/SOURCE where several sources share it
  std::vector<TrueEvent> truth;
  Comparison comparison;

  std::string topic() const { return name.substr(0, name.find('/')); }
  bool shared() const { return name.find('/') != std::string::npos; }
};

// "audit.tines=truth/tines.ndjson" or "audit.tines/acme-tines=truth/tines.ndjson"
Row row_of(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos)
    throw std::runtime_error("\"" + argument + "\" is not TOPIC=FILE or TOPIC/SOURCE=FILE");
  std::ifstream in(argument.substr(equals + 1), std::ios::binary);
  if (!in) throw std::runtime_error("can't read " + argument.substr(equals + 1));
  return {argument.substr(0, equals), read_truth(std::string(std::istreambuf_iterator<char>(in), {})), {}};
}

// Records by the name of the row that they belong to.
class Sorted {
 public:
  explicit Sorted(const std::vector<Row>& rows) {
    for (const Row& row : rows) shared_[row.topic()] = row.shared();
  }
  std::vector<std::string> topics() const {
    std::vector<std::string> topics;
    for (const auto& [topic, shared] : shared_) topics.push_back(topic);
    return topics;
  }
  void add(Record record) {
    std::string name = record.topic;
    const std::string_view source = record.header("ce_source");
    if (shared_.at(record.topic)) name += "/" + std::string(source.substr(source.rfind(':') + 1));
    by_name_[name].push_back(std::move(record));
  }
  const std::map<std::string, std::vector<Record>>& by_name() const { return by_name_; }

 private:
  std::map<std::string, bool> shared_;
  std::map<std::string, std::vector<Record>> by_name_;
};

// Reads the topics on until nothing is missing any more, or the patience is over. What belongs to no row gets
// one.
void fill(std::vector<Row>& rows, const std::string& bootstrap, std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  Sorted records(rows);
  TopicReader reader(bootstrap, records.topics());
  while (true) {
    for (Record& record : reader.rest(std::chrono::minutes(1))) records.add(std::move(record));
    bool missing = false;
    for (Row& row : rows) {
      const auto found = records.by_name().find(row.name);
      row.comparison =
          compare(row.truth, found == records.by_name().end() ? std::vector<Record>{} : found->second);
      missing |= row.comparison.missing > 0;
    }
    if (!missing || Clock::now() > deadline) break;
    if (auto record = reader.next(std::chrono::seconds(1))) records.add(std::move(*record));
  }
  for (const auto& [name, found] : records.by_name()) {
    const auto has_its_name = [&name = name](const Row& row) { return row.name == name; };
    if (std::ranges::none_of(rows, has_its_name)) rows.push_back({name, {}, compare({}, found)});
  }
}

void print_table(const std::vector<Row>& rows) {
  std::printf("%-32s %12s %12s %10s %10s %10s %10s\n", "topic", "vendor had", "kafka has", "missing",
              "duplicated", "altered", "unknown");
  for (const Row& row : rows) {
    const Comparison& c = row.comparison;
    std::printf("%-32s %12zu %12zu %10zu %10zu %10zu %10zu\n", row.name.c_str(), c.vendor_had, c.kafka_has,
                c.missing, c.duplicated, c.altered, c.unknown);
    for (const std::string& example : c.examples) std::printf("    e.g. %s\n", example.c_str());
  }
}

void print_json(const std::vector<Row>& rows) {
  const char* separator = "[";
  for (const Row& row : rows) {
    const Comparison& c = row.comparison;
    std::printf(
        "%s{\"topic\":%s,\"vendor_had\":%zu,\"kafka_has\":%zu,\"missing\":%zu,\"duplicated\":%zu,\"altered\":"
        "%zu,"
        "\"unknown\":%zu}",
        separator, auditstream::json::quote(row.name).c_str(), c.vendor_had, c.kafka_has, c.missing,
        c.duplicated, c.altered, c.unknown);
    separator = ",\n ";
  }
  std::printf("]\n");
}

}  // namespace

int main(int argc, char** argv) {
  std::string bootstrap;
  unsigned patience_s = 0;
  bool as_json = false;
  std::vector<std::string> arguments;
  CLI::App app("Compares topics with the truth that the simulated vendors tell.");
  app.add_option("--bootstrap", bootstrap, "Kafka's address")->required();
  app.add_option("--wait", patience_s, "seconds in which what is missing may still arrive");
  app.add_flag("--json", as_json, "print a JSON document");
  app.add_option("topics", arguments,
                 "TOPIC=FILE, or TOPIC/SOURCE=FILE: the answer of /_truth for the tenant")
      ->required();
  CLI11_PARSE(app, argc, argv);

  try {
    std::vector<Row> rows;
    for (const std::string& argument : arguments) rows.push_back(row_of(argument));
    fill(rows, bootstrap, std::chrono::seconds(patience_s));
    as_json ? print_json(rows) : print_table(rows);
    for (const Row& row : rows) {
      if (!row.comparison.perfect()) return 1;
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "topic_compare: %s\n", error.what());
    return 2;
  }
}
