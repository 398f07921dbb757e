// Child: a process that a test has started, its output kept in files. Ends with the test, whatever happens to
// it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace auditstream::test {

using Environment = std::map<std::string, std::string>;

// A directory of its own, removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);
std::vector<std::string> lines_of(const std::string& text);
void write_file(const std::filesystem::path& path, const std::string& text);

class Child {
 public:
  // The program is found on PATH. `environment` is added to the test's own.
  explicit Child(const std::vector<std::string>& command, const Environment& environment = {});
  // Kills it if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool running();

  // As a shell gives it: the exit code, or 128 + signal. Throws when it still runs after `patience`.
  int wait(std::chrono::milliseconds patience);

  // Whether its end has left a core dump. Only after wait().
  bool dumped_core() const { return dumped_core_; }

  // What it has written so far.
  std::string out() const;
  std::string err() const;

 private:
  bool ended_within(std::chrono::milliseconds patience);

  const std::string name_;
  TemporaryDirectory output_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<int> status_;
  bool dumped_core_ = false;
};

// What a command that ends by itself gave.
struct Finished {
  int status = 0;
  std::string out;
  std::string err;
};
Finished run_to_end(const std::vector<std::string>& command, const Environment& environment = {},
                    std::chrono::milliseconds patience = std::chrono::seconds(60));

}  // namespace auditstream::test
