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

// Runs in the forked child.
[[noreturn]] void become(const std::vector<std::string>& command, const Environment& environment,
                         const std::filesystem::path& output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto redirect = [&](const char* name, int fd) {
    const int file = open((output / name).c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(file, fd);
  };
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  redirect("out", STDOUT_FILENO);
  redirect("err", STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0U, 0);
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

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
  pid_ = fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) become(command, environment, output_.path());
  // By number: glibc 2.36 declares the function without C linkage.
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) fail("pidfd_open");
}

Child::~Child() {
  // Then a test fails, and what the process said is the first thing to look at.
  if (std::uncaught_exceptions() > 0 || ::testing::Test::HasFailure()) {
    std::cerr << "--- the last words of " << name_ << ":\n" << last_lines(err()) << "---\n";
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
