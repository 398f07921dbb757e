#include "support/kafka/broker.h"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace auditstream::test {
namespace {

// What a broker needs on a busy machine to start, with a retry because of a port.
constexpr auto script_patience = std::chrono::seconds(180);

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void run_script(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), PROJECT_DIR "/script/kafka");
  const Finished finished = run_to_end(arguments, {}, script_patience);
  if (finished.status != 0) throw std::runtime_error("script/kafka fails:\n" + finished.err);
}

}  // namespace

const std::string& Broker::shared() {
  static const std::string bootstrap = [] {
    const char* directory = std::getenv("AUDITSTREAM_TEST_KAFKA");
    if (directory != nullptr) return first_line(read_file(std::filesystem::path(directory) / "bootstrap"));
    static const Broker broker({"log.retention.check.interval.ms=1000"});
    return broker.bootstrap();
  }();
  return bootstrap;
}

Broker::Broker(const std::vector<std::string>& properties) {
  std::vector<std::string> arguments{"start", directory_.path(), "--owner", std::to_string(getpid()), "--"};
  arguments.insert(arguments.end(), properties.begin(), properties.end());
  run_script(arguments);
  bootstrap_ = first_line(read_file(directory_.path() / "bootstrap"));
}

Broker::~Broker() {
  try {
    kill();
  } catch (const std::runtime_error&) {  // then the owner's end stops it
  }
}

void Broker::stop() { run_script({"stop", directory_.path()}); }
void Broker::kill() { run_script({"stop", directory_.path(), "--kill"}); }
void Broker::start() { run_script({"start", directory_.path()}); }

}  // namespace auditstream::test
