// The configuration file. Its file stands in memory, and what would read others is left out.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "auditstream/check.h"
#include "auditstream/vendor.h"
#include "config/config.h"
#include "config/endpoint.h"
#include "config/rate.h"
#include "config/tree.h"
#include "fuzz/target.h"
#include "paths.h"

namespace auditstream::fuzz {
namespace {

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : file_(::memfd_create("config", MFD_CLOEXEC)) {
    AS_CHECK(file_ >= 0);
    AS_CHECK(::write(file_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~MemoryFile() { ::close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  const int file_;
};

bool reads_other_files(const config::Node& node) {
  return node.key == "include" || node.text.find("${file:") != std::string::npos ||
         std::ranges::any_of(node.items, reads_other_files);
}

void expect_readable(const std::vector<config::Finding>& findings, std::string_view input) {
  const auto lines = 1 + std::ranges::count(input, '\n') + std::ranges::count(input, '\r');
  for (const config::Finding& finding : findings) {
    AS_CHECK(!finding.message.empty());
    AS_CHECK(finding.line >= 0 && finding.line <= lines);
  }
}

void run(std::string_view input) {
  const auto tree = config::parse_yaml(input);
  if (const auto* error = std::get_if<config::SyntaxError>(&tree)) {
    AS_CHECK(!error->message.empty());
    return;
  }
  if (reads_other_files(std::get<config::Node>(tree))) return;
  const MemoryFile file(input);
  const Time now = *parse_rfc3339("2026-11-20T12:00:00Z");
  const config::Loaded loaded = config::load_config(file.path(), now);
  AS_CHECK((loaded.config != nullptr) == loaded.mistakes.empty());
  expect_readable(loaded.mistakes, input);
  expect_readable(loaded.warnings, input);
  if (loaded.config == nullptr) return;

  AS_CHECK(!loaded.config->sources.empty());
  std::set<std::string> names;
  for (const auto& source : loaded.config->sources) {
    AS_CHECK(names.insert(source->name).second);
    const Vendor* vendor = source->api;
    AS_CHECK(vendor != nullptr);
    const Result<std::string> origin = config::parse_origin(source->base_url);
    AS_CHECK(origin.ok() && *origin == source->base_url);
    AS_CHECK(source->page_size >= 1 && source->page_size <= vendor->traits().page_size_max);
    AS_CHECK(!source->backfill_start_time || *source->backfill_start_time <= now);
    for (const RateSpec& rate : source->rate_limit)
      AS_CHECK(config::parse_rate(config::format_rate(rate)).ok());
  }
}

// Every example of the project, and small texts for what they leave out.
std::vector<std::string> seeds() {
  std::vector<std::string> made;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PROJECT_DIR "/config")) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    made.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  std::ranges::sort(made);
  made.push_back(R"(kafka: {bootstrap.servers: "localhost:9092", ssl.key.pem: "x"}
group: audit
topics: {events: "audit.{vendor}", dead_letters: "audit.{source}.dlq", partitions: 3, config: {retention.ms: -1}}
offsets: {topic: offsets, partitions: 7, replication_factor: 1}
http: {listen: "127.0.0.1:0", token: "${env:NONE:-abcdefgh}", hosts: [a.example]}
metrics: {per_source: no}
log: {level: warn, format: json}
defaults: {poll_interval: 1m, overlap: 1h, rate_limit: [100/min, 2/s], proxy: "http://proxy:3128"}
sources:
- {name: a, vendor: floqast, region: eu, api_key: "${env:NONE:-k}", backfill_start_time: 2026-01-01T00:00:00Z}
- {name: b, vendor: tines, tenant_domain: b.tines.com, api_key: "${env:NONE:-k}", key: /id, time_field: /created_at}
)");
  std::string many = "kafka: {bootstrap.servers: localhost}\nsources:\n";
  for (int i = 0; many.size() < large_seed; ++i) {
    many += "- name: s" + std::to_string(i) +
            "\n  vendor: floqast\n  region: us  # where it is\n  api_key: \"${env:NONE:-k}\"\n";
  }
  made.push_back(many);
  made.push_back("a: &a [1, 2]\nb: *a\nc: {<<: {x: 1}, \"\\u0041\": '''', d: |2-\n   text\n  }\n");
  made.push_back("- !!binary \"aGVsbG8=\"\n- ? [complex, key]\n  : value\n- ~\n---\n- second\n");
  return made;
}

}  // namespace

Target config_target() { return {"config", run, seeds}; }

}  // namespace auditstream::fuzz
