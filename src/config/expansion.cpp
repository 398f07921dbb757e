#include "config/expansion.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <system_error>

namespace auditstream {
namespace {

constexpr std::size_t secret_bytes_max = 1 << 20;

std::string reason(int error) { return std::generic_category().message(error); }

bool is_env_name(std::string_view name) {
  const auto legal = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), legal);
}

struct Resolved {
  std::string text;
  bool outside = true;
};

Result<Resolved> resolve_env(std::string_view inner) {
  const std::size_t dash = inner.find(":-");
  const std::string name(inner.substr(0, dash));
  if (!is_env_name(name)) return Error{"${env:NAME} needs the name of an environment variable"};
  const char* value = std::getenv(name.c_str());
  const bool has_fallback = dash != std::string_view::npos;
  if (value != nullptr && (*value != '\0' || !has_fallback)) return Resolved{value, true};
  if (has_fallback) return Resolved{std::string(inner.substr(dash + 2)), false};
  return Error{"environment variable " + name + " is not set"};
}

Result<Resolved> resolve_file(std::string_view inner) {
  const std::string path(inner);
  if (path.empty() || path[0] != '/') return Error{"${file:/path} needs an absolute path"};
  Result<std::string> bytes = read_whole_file(path, secret_bytes_max);
  if (!bytes.ok()) return Error{"can't read " + path + ": " + bytes.error().message};
  return Resolved{std::move(bytes).value(), true};
}

Result<Resolved> resolve(std::string_view reference) {
  if (reference.starts_with("env:")) return resolve_env(reference.substr(4));
  if (reference.starts_with("file:")) return resolve_file(reference.substr(5));
  return Error{"after \"${\" only env:NAME, env:NAME:-fallback or file:/path may stand"};
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return Error{reason(errno)};
  // A pipe would block and a device never end.
  if (!S_ISREG(status.st_mode)) return Error{"not a regular file"};
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{reason(errno == 0 ? EIO : errno)};
  std::string bytes;
  char chunk[16 << 10];
  do {
    in.read(chunk, sizeof chunk);
    bytes.append(chunk, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > bytes_max) return Error{"more than " + std::to_string(bytes_max) + " bytes"};
  } while (in);
  if (in.bad()) return Error{"reading failed"};
  return bytes;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

Result<Expansion> expand(std::string_view spelled) {
  Expansion expansion;
  std::string failures;
  while (true) {
    const std::size_t start = spelled.find("${");
    expansion.text += spelled.substr(0, start);
    if (start == std::string_view::npos) break;
    const std::size_t end = spelled.find('}', start);
    if (end == std::string_view::npos) return Error{"\"${\" has no closing \"}\""};
    Result<Resolved> resolved = resolve(spelled.substr(start + 2, end - start - 2));
    if (resolved.ok()) {
      expansion.text += resolved->text;
      expansion.outside |= resolved->outside;
    } else {
      failures += (failures.empty() ? "" : "; ") + resolved.error().message;
    }
    spelled.remove_prefix(end + 1);
  }
  if (!failures.empty()) return Error{failures};
  return expansion;
}

Result<Revealed> reveal(std::string_view spelled) {
  Result<Expansion> expansion = expand(spelled);
  if (!expansion.ok()) return expansion.error();
  const std::string_view text = trimmed(expansion->text);
  if (text.empty()) {
    // Only references can be quoted here: a secret in clear would not be empty.
    return Error{expansion->outside ? std::string(trimmed(spelled)) + " is empty" : "is empty"};
  }
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return Error{"holds a line break or another control character"};
  }
  return Revealed{std::string(text), text.size() != expansion->text.size(), !expansion->outside};
}

}  // namespace auditstream
