#include "config/expansion.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "config/findings.h"

namespace auditstream::config {
namespace {

constexpr std::size_t secret_bytes_max = 1 << 20;

std::string reason(int error) { return std::generic_category().message(error); }

Error mistake(std::string message) { return Error{std::move(message), ErrorKind::misconfigured}; }

// Appends the value to the expansion.
Status resolve_env(std::string_view inner, const Allowance* allowance, Expansion& expansion) {
  const std::size_t dash = inner.find(":-");
  const std::string name(inner.substr(0, dash));
  if (!is_env_name(name)) return mistake("${env:NAME} needs the name of an environment variable");
  if (allowance != nullptr && std::ranges::none_of(allowance->env, [&name](const std::string& beginning) {
        return name.starts_with(beginning);
      })) {
    return mistake("${env:" + name + "} may not stand in this file: its include allows " +
                   (allowance->env.empty() ? "no environment variables"
                                           : "only those that begin with " + listed(allowance->env)));
  }
  expansion.env.push_back(name);
  const char* value = std::getenv(name.c_str());
  const bool has_fallback = dash != std::string_view::npos;
  if (value != nullptr && (*value != '\0' || !has_fallback)) {
    expansion.text += value;
    expansion.outside.emplace_back(value);
    return success();
  }
  if (!has_fallback) return mistake("environment variable " + name + " is not set");
  expansion.text += inner.substr(dash + 2);
  return success();
}

bool has_dots(std::string_view path) {
  return path.find("/../") != std::string_view::npos || path.find("/./") != std::string_view::npos ||
         path.ends_with("/..") || path.ends_with("/.");
}

Status resolve_file(std::string_view inner, const Allowance* allowance, Expansion& expansion) {
  const std::string path(inner);
  if (path.empty() || path[0] != '/') return mistake("${file:/path} needs an absolute path");
  if (allowance != nullptr &&
      (has_dots(path) || std::ranges::none_of(allowance->folders, [&path](const std::string& folder) {
         return path.starts_with(folder);
       }))) {
    return mistake(
        "${file:" + path + "} may not stand in this file: its include allows " +
        (allowance->folders.empty() ? "no files" : "only what lies in " + listed(allowance->folders)));
  }
  Result<std::string> bytes =
      read_whole_file(path, secret_bytes_max, allowance == nullptr ? nullptr : &allowance->folders);
  if (!bytes.ok()) return Error{"can't read " + path + ": " + bytes.error().message, bytes.error().kind};
  expansion.text += *bytes;
  expansion.outside.push_back(*std::move(bytes));
  expansion.from_file = true;
  return success();
}

Status resolve(std::string_view reference, const Allowance* allowance, Expansion& expansion) {
  if (reference.starts_with("env:")) return resolve_env(reference.substr(4), allowance, expansion);
  if (reference.starts_with("file:")) return resolve_file(reference.substr(5), allowance, expansion);
  return mistake("after \"${\" only env:NAME, env:NAME:-fallback or file:/path may stand");
}

// A file descriptor that is closed with this object.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// Checks the open file, not its name: a link may have been redirected in between.
bool lies_in(int fd, const std::vector<std::string>& folders) {
  std::error_code error;
  const std::filesystem::path real =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error);
  if (error) return false;
  return std::ranges::any_of(folders, [&real](const std::string& folder) {
    std::error_code none;
    std::string home = std::filesystem::canonical(folder, none);
    if (!home.ends_with('/')) home += '/';
    return !none && real.string().starts_with(home);
  });
}

std::string_view without_line_end(std::string_view text) {
  for (const std::string_view end : {"\r\n", "\n"}) {
    if (text.ends_with(end)) return text.substr(0, text.size() - end.size());
  }
  return text;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

bool is_env_name(std::string_view name) {
  const auto legal = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), legal);
}

Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max,
                                    const std::vector<std::string>* folders) {
  // A pipe would block, and a device never end: so it is opened without blocking, then refused.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return Error{reason(errno)};
  if (folders != nullptr && !lies_in(file.get(), *folders)) {
    return Error{"a link leads out of " + listed(*folders), ErrorKind::misconfigured};
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Error{reason(errno)};
  if (!S_ISREG(status.st_mode)) return Error{"not a regular file"};
  std::string bytes;
  std::array<char, 16 << 10> chunk;
  while (true) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{reason(errno)};
    if (got == 0) return bytes;
    bytes.append(chunk.data(), static_cast<std::size_t>(got));
    if (bytes.size() > bytes_max) return Error{"more than " + std::to_string(bytes_max) + " bytes"};
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

Result<Expansion> expand(std::string_view spelled, const Allowance* allowance) {
  Expansion expansion;
  std::string failures;
  ErrorKind kind = ErrorKind::unavailable;
  while (true) {
    const std::size_t start = spelled.find("${");
    expansion.text += spelled.substr(0, start);
    if (start == std::string_view::npos) break;
    const std::size_t end = spelled.find('}', start);
    if (end == std::string_view::npos) return mistake("\"${\" has no closing \"}\"");
    const Status resolved = resolve(spelled.substr(start + 2, end - start - 2), allowance, expansion);
    if (!resolved.ok()) {
      failures += (failures.empty() ? "" : "; ") + resolved.error().message;
      if (resolved.error().kind == ErrorKind::misconfigured) kind = ErrorKind::misconfigured;
    }
    spelled.remove_prefix(end + 1);
  }
  if (!failures.empty()) return Error{failures, kind};
  return expansion;
}

std::set<std::string> variables_in(std::string_view spelled) {
  constexpr std::string_view opening = "${env:";
  std::set<std::string> names;
  for (std::size_t at = 0; (at = spelled.find(opening, at)) != std::string_view::npos;) {
    at += opening.size();
    names.emplace(spelled.substr(at, spelled.find_first_of(":}", at) - at));
  }
  return names;
}

Result<Revealed> reveal(std::string_view spelled, const Allowance* allowance) {
  Result<Expansion> expansion = expand(spelled, allowance);
  if (!expansion.ok()) return expansion.error();
  const ErrorKind kind = expansion->from_file ? ErrorKind::unavailable : ErrorKind::misconfigured;
  const std::string_view text = trimmed(expansion->text);
  if (text.empty()) {
    // Only references are quoted here: a secret written in the config would not be empty.
    return Error{expansion->is_outside() ? std::string(trimmed(spelled)) + " is empty" : "is empty", kind};
  }
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return Error{"holds a line break or another control character", kind};
  }
  // The line end that editors and `echo` append is not part of the secret.
  const std::string_view whole = without_line_end(expansion->text);
  return Revealed{std::string(text), text.size() != whole.size(), !expansion->is_outside()};
}

}  // namespace auditstream::config
