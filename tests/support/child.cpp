#include "support/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace auditstream::test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::string last_lines(const std::string& text) {
  constexpr std::size_t lines_max = 25;
  const std::vector<std::string> lines = lines_of(text);
  std::string last;
  for (std::size_t i = lines.size() - std::min(lines.size(), lines_max); i < lines.size(); ++i)
    last += lines[i] + "\n";
  return last;
}

// "in state S (sleeping), /usr/bin/x, waits in do_poll": for a process that says nothing.
std::string state_of(pid_t pid) {
  const std::filesystem::path of("/proc/" + std::to_string(pid));
  std::error_code gone;
  std::ifstream status(of / "status"), waits(of / "wchan");
  std::string state, in;
  while (std::getline(status, state) && !state.starts_with("State:")) continue;
  std::getline(waits, in);
  return "in " + state + ", " + std::filesystem::read_symlink(of / "exe", gone).string() + ", waits in " + in;
}

// What the forked child needs, made before the fork: the test has threads, and any lock that one of them held then, of malloc or
// of the environment, stays locked in the child for ever.
struct Launch {
  Launch(const std::vector<std::string>& command, const Environment& environment,
         const std::filesystem::path& output)
      : words(command), out(output / "out"), err(output / "err") {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      if (!environment.contains(std::string(text.substr(0, text.find('='))))) variables.emplace_back(text);
    }
    for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    for (std::string& variable : variables) environment_block.push_back(variable.data());
    environment_block.push_back(nullptr);
  }

  // In the child: system calls only.
  [[noreturn]] void become() const {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDOUT_FILENO);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    // The test of the README's commands may be building the program anew: a linker makes it executable last.
    for (int tries = 0; tries < 300; ++tries) {
      execvpe(arguments[0], arguments.data(), environment_block.data());
      if (errno != EACCES && errno != ETXTBSY) break;
      poll(nullptr, 0, 100);
    }
    dprintf(STDERR_FILENO, "can't be started: errno %d\n", errno);
    _exit(127);
  }

  std::vector<std::string> words;
  std::vector<std::string> variables;
  std::string out;
  std::string err;
  std::vector<char*> arguments{};
  std::vector<char*> environment_block{};
};

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "auditstream-test.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) fail(name);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("can't read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("can't write " + path.string());
}

Child::Child(const std::vector<std::string>& command, const Environment& environment)
    : name_(command.front()) {
  write_file(output_.path() / "out", "");
  write_file(output_.path() / "err", "");
  const Launch launch(command, environment, output_.path());
  pid_ = fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) launch.become();
  // By number: glibc 2.36 declares the function without C linkage.
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) fail("pidfd_open");
}

Child::~Child() {
  // Then a test fails, and what the process said is the first thing to look at.
  if (std::uncaught_exceptions() > 0 || ::testing::Test::HasFailure()) {
    const std::string state = running() ? "is " + state_of(pid_) : "ended with " + std::to_string(*status_);
    std::cerr << "--- the last words of " << name_ << ", which " << state << ":\n"
              << last_lines(err()) << "---\n";
  }
  signal(SIGKILL);
  ended_within(std::chrono::seconds(10));
  close(pidfd_);
}

void Child::signal(int number) const {
  if (!status_) kill(pid_, number);
}

bool Child::running() { return !ended_within(std::chrono::milliseconds(0)); }

int Child::wait(std::chrono::milliseconds patience) {
  if (!ended_within(patience)) throw std::runtime_error(name_ + " does not end; it says:\n" + err());
  return *status_;
}

bool Child::ended_within(std::chrono::milliseconds patience) {
  if (status_) return true;
  pollfd end{pidfd_, POLLIN, 0};
  if (poll(&end, 1, static_cast<int>(patience.count())) != 1) return false;
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) fail("waitpid");
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  dumped_core_ = WIFSIGNALED(status) && WCOREDUMP(status);
  return true;
}

std::string Child::out() const { return read_file(output_.path() / "out"); }
std::string Child::err() const { return read_file(output_.path() / "err"); }

Finished run_to_end(const std::vector<std::string>& command, const Environment& environment,
                    std::chrono::milliseconds patience) {
  Child child(command, environment);
  const int status = child.wait(patience);
  return {status, child.out(), child.err()};
}

}  // namespace auditstream::test
