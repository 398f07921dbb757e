#include "support/kafka/broker.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "paths.h"
#include "support/kafka/protocol.h"
#include "support/kafka/topics.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

// What a broker needs on a busy machine to start, with a retry because of a port.
constexpr auto script_patience = std::chrono::seconds(180);

// Nobody listens there now.
int free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(probe, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(probe);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

void Brokers::run_script(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin() + 1, directory_.path());
  arguments.insert(arguments.begin(), PROJECT_DIR "/script/kafka");
  const Finished finished = run_to_end(arguments, {}, script_patience);
  if (finished.status != 0) throw std::runtime_error("script/kafka fails:\n" + finished.err);
}

Brokers::Brokers(int count, const std::vector<std::string>& properties,
                 const std::vector<std::string>& features, const std::string& plugin) {
  std::vector<std::string> arguments{"start", "--brokers", std::to_string(count), "--owner",
                                     std::to_string(getpid())};
  for (const std::string& feature : features) arguments.insert(arguments.end(), {"--feature", feature});
  if (!plugin.empty()) {
    arguments.insert(arguments.end(),
                     {"--plugin", PROJECT_DIR "/tests/support/kafka/plugins/" + plugin + ".java"});
  }
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), properties.begin(), properties.end());
  run_script(arguments);
  bootstrap_ = first_line(read_file(directory_.path() / "bootstrap"));
}

Brokers::~Brokers() {
  try {
    run_script({"stop", "--kill"});
  } catch (const std::runtime_error&) {  // then the owner's end stops it
  }
}

void Brokers::stop(int node) { run_script({"stop", "--node", std::to_string(node)}); }
void Brokers::kill(int node) { run_script({"stop", "--node", std::to_string(node), "--kill"}); }
void Brokers::start(int node) { run_script({"start", "--node", std::to_string(node)}); }

pid_t Brokers::pid_of(int node) const {
  return std::stoi(read_file(directory_.path() / (std::to_string(node) + ".pid")));
}

void Brokers::signal(int node, int number) const {
  if (::kill(pid_of(node), number) != 0)
    throw std::runtime_error("broker " + std::to_string(node) + " does not run");
}

void Brokers::limit_producers(int bytes_per_second) const {
  constexpr std::int16_t alter_client_quotas = 49;
  // One entry: of each client that has no quota of its own, one property is set, and not only as a trial.
  constexpr std::int32_t one = 1;
  constexpr std::int16_t by_default = -1;
  constexpr std::int8_t no = 0;
  ProtocolMessage change;
  change.put(one).put(one).put(std::string("client-id")).put(by_default);
  change.put(one)
      .put(std::string("producer_byte_rate"))
      .put(static_cast<double>(bytes_per_second))
      .put(no)
      .put(no);
  const std::string answer = ProtocolConnection(bootstrap_).ask(alter_client_quotas, 0, change);
  constexpr std::size_t throttle_and_entries = 4 + 4;
  if (answer.at(throttle_and_entries) != 0 || answer.at(throttle_and_entries + 1) != 0)
    throw std::runtime_error("no quota is set: " + answer);
}

void Brokers::fill_disk(int node) const {
  const rlimit nothing{0, 0};
  if (prlimit(pid_of(node), RLIMIT_FSIZE, &nothing, nullptr) != 0)
    throw std::runtime_error("broker " + std::to_string(node) + " does not run");
}

void Brokers::until_dead(int node) const {
  // One that nobody has waited for still has a process id, but no program.
  const std::string program = "/proc/" + std::to_string(pid_of(node)) + "/exe";
  until("the broker has ended", std::chrono::seconds(60), [&] {
    std::error_code error;
    (void)std::filesystem::read_symlink(program, error);
    return error == std::errc::no_such_file_or_directory;
  });
}

void Brokers::move(int node) {
  const std::filesystem::path file = directory_.path() / (std::to_string(node) + ".properties");
  std::string properties = read_file(file);
  const std::string listener = "listeners=PLAINTEXT://127.0.0.1:";
  const std::size_t begin = properties.find(listener) + listener.size();
  const std::string before = properties.substr(begin, properties.find_first_of(",\n", begin) - begin);
  const std::string after = std::to_string(free_port());
  const std::string address = "PLAINTEXT://127.0.0.1:";
  for (std::size_t at = 0; (at = properties.find(address + before, at)) != std::string::npos; ++at)
    properties.replace(at, address.size() + before.size(), address + after);
  write_file(file, properties);
  bootstrap_ += ",127.0.0.1:" + after;
}

void Brokers::until_in_sync(std::chrono::seconds patience) const {
  until("all replicas are in sync", patience, [&] {
    if (replicas_in_sync(bootstrap_)) return true;
    let_pass(300ms);  // to ask takes a handle for each node
    return false;
  });
}

const std::string& Broker::shared() {
  static const std::string bootstrap = [] {
    const char* directory = std::getenv("AUDITSTREAM_TEST_KAFKA");
    if (directory != nullptr) return first_line(read_file(std::filesystem::path(directory) / "bootstrap"));
    // The second is what Kafka 4 does by default.
    static const Broker broker(
        {"log.retention.check.interval.ms=1000", "log.message.timestamp.after.max.ms=3600000"});
    return broker.bootstrap();
  }();
  return bootstrap;
}

}  // namespace auditstream::test
