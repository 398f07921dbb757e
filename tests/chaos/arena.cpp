#include "chaos/arena.h"

#include <signal.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "auditstream/json.h"
#include "paths.h"
#include "support/until.h"

namespace auditstream::chaos {
namespace {

using namespace std::chrono_literals;
using test::let_pass;

constexpr int tenants_per_vendor = 4;
// Longer than a drain may take, and a broker needs on a busy machine.
constexpr auto drain_patience = 60s;
constexpr auto sync_patience = 240s;
const std::string usual_faults = "0.03";

std::string tenant_name(int number) { return number == 1 ? "acme" : "acme-" + std::to_string(number); }

}  // namespace

Arena::Arena(std::filesystem::path directory, std::uint64_t seed)
    : directory_(std::move(directory)), brokers_(brokers) {
  const std::filesystem::path config = directory_ / "auditstream.yaml";
  simvendors_ = std::make_unique<test::Child>(
      std::vector<std::string>{BUILD_DIR "/tests/simvendors", "--seed", std::to_string(seed), "--tenants",
                               std::to_string(tenants_per_vendor), "--history", "500", "--rate", "1/s",
                               "--faults", usual_faults, "--unlimited", "--port-file", directory_ / "port",
                               "--write-config", config, "--bootstrap", brokers_.bootstrap()});
  test::until("simvendors listens", 20s, [&] { return std::filesystem::exists(directory_ / "port"); });
  origin_ = "http://127.0.0.1:" + std::to_string(std::stoi(test::read_file(directory_ / "port")));
  std::ofstream(config, std::ios::app)
      << "offsets: {partitions: 12}\ntopics: {partitions: 2}\nlog: {level: debug}\n";
}

// Returns when it can be ended in order: before that, SIGTERM is for any process the end.
void Arena::start_instance(int number) {
  auto& started = instances_.at(static_cast<std::size_t>(number));
  started = std::make_unique<test::Child>(std::vector<std::string>{
      BUILD_DIR "/auditstream", "run", "-c", directory_ / "auditstream.yaml", "--wait-for-kafka", "5m"});
  test::until("instance " + std::to_string(number) + " speaks", 60s,
              [&] { return started->err().find("code=starting") != std::string::npos; });
}

void Arena::suffer(const Fault& fault) {
  const int next_broker = fault.target % brokers + 1;
  switch (fault.kind) {
    case Kind::instance_killed:
    case Kind::instance_terminated:
      fault.kind == Kind::instance_killed ? end_instance(fault.target, SIGKILL, 128 + SIGKILL)
                                          : end_instance(fault.target, SIGTERM, 0);
      let_pass(fault.lasts);
      start_instance(fault.target);
      return;
    case Kind::instance_frozen:
      expect_running(fault.target);
      instance(fault.target).signal(SIGSTOP);
      let_pass(fault.lasts);
      instance(fault.target).signal(SIGCONT);
      return;
    case Kind::broker_killed:
      brokers_.kill(fault.target);
      let_pass(fault.lasts);
      brokers_.start(fault.target);
      break;
    case Kind::broker_frozen:
      brokers_.signal(fault.target, SIGSTOP);
      let_pass(fault.lasts);
      brokers_.signal(fault.target, SIGCONT);
      break;
    case Kind::two_brokers_killed:
      brokers_.kill(fault.target);
      brokers_.kill(next_broker);
      let_pass(fault.lasts);
      brokers_.start(fault.target);
      brokers_.start(next_broker);
      break;
    case Kind::vendor_fails:
    case Kind::vendor_throttles:
    case Kind::vendor_hangs_up:
      spoil(fault.target, fault.kind == Kind::vendor_fails       ? "{\"server_error\":1}"
                          : fault.kind == Kind::vendor_throttles ? "{\"throttled\":1}"
                                                                 : "{\"reset\":1}");
      let_pass(fault.lasts);
      spoil(fault.target, usual_faults);
      return;
  }
  brokers_.until_in_sync(sync_patience);
}

void Arena::end_instance(int number, int signal, int status) {
  expect_running(number);
  instance(number).signal(signal);
  if (const int got = instance(number).wait(drain_patience); got != status) {
    complain("instance " + std::to_string(number) + " ended with " + std::to_string(got) + " instead of " +
             std::to_string(status));
  }
  keep_words(number);
}

void Arena::expect_running(int number) {
  if (instance(number).running()) return;
  complain("instance " + std::to_string(number) + " has ended by itself with " +
           std::to_string(instance(number).wait(0s)));
  keep_words(number);
  start_instance(number);
}

void Arena::keep_words(int number) {
  std::ofstream(directory_ / ("instance-" + std::to_string(number) + ".log"), std::ios::app)
      << instance(number).err();
}

void Arena::spoil(int vendor, const std::string& faults) {
  ask("/_control", "{\"vendor\":\"" + std::string(vendor_apis::vendor_names[vendor].name) +
                       "\",\"set\":{\"faults\":" + faults + "}}");
}

std::string Arena::ask(const std::string& path, const std::string& order) {
  std::vector<std::string> command{"curl", "-sS", "--fail-with-body", "--noproxy", "*", origin_ + path};
  if (!order.empty()) command.insert(command.end(), {"-d", order});
  const test::Finished finished = test::run_to_end(command);
  if (finished.status != 0) throw std::runtime_error("curl fails: " + finished.err + finished.out);
  return finished.out;
}

// What is wrong has its reason in the brokers' logs.
bool Arena::settle(std::chrono::seconds patience) {
  ask("/_control", "{\"production\":false}");
  std::vector<std::string> command{BUILD_DIR "/tests/topic_compare", "--bootstrap", brokers_.bootstrap()};
  for (const auto& [name, title] : vendor_apis::vendor_names) {
    const std::string vendor(name);
    for (int number = 1; number <= tenants_per_vendor; ++number) {
      const std::string source = tenant_name(number) + "-" + vendor;
      const std::filesystem::path truth = directory_ / (source + ".truth");
      test::write_file(truth, ask("/_truth?vendor=" + vendor + "&tenant=" + tenant_name(number)));
      command.push_back("audit." + vendor + "/" + source + "=" + truth.string());
    }
  }
  std::vector<std::string> patiently = command;
  patiently.insert(patiently.end(), {"--wait", std::to_string(patience.count())});
  test::run_to_end(patiently, {}, patience + 5min);
  // What they still had in hand might come twice.
  for (int number = 1; number <= chaos::instances; ++number) end_instance(number, SIGTERM, 0);
  const test::Finished compared = test::run_to_end(command, {}, 5min);
  std::printf("%s%s", compared.out.c_str(), compared.err.c_str());
  if (compared.status == 0) return true;
  for (int node = 1; node <= brokers; ++node) brokers_.kill(node);
  std::filesystem::copy(brokers_.directory(), directory_ / "kafka", std::filesystem::copy_options::recursive);
  return false;
}

std::uint64_t Arena::http_faults() {
  std::uint64_t faults = 0;
  for (const std::string& line : test::lines_of(ask("/_stats"))) {
    const std::string object = line.substr(line.find('{'), line.rfind('}') - line.find('{') + 1);
    faults += std::stoull(json::scalar_at(object, "/faults").value());
  }
  return faults;
}

std::vector<std::string> Arena::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

void Arena::complain(std::string complaint) {
  const std::lock_guard lock(mutex_);
  complaints_.push_back(std::move(complaint));
}

}  // namespace auditstream::chaos
