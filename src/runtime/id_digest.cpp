#include "runtime/id_digest.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <queue>
#include <utility>

#include "base/sha256.h"

namespace auditstream::runtime {
namespace {

constexpr std::size_t read_bytes = 64 << 10;

Error failure(const std::string& what) {
  return Error{what + ": " + std::strerror(errno) +
               "; ids that don't fit into memory are sorted there: TMPDIR names another directory"};
}

std::string temporary_directory() {
  std::error_code none;
  const std::filesystem::path path = std::filesystem::temp_directory_path(none);
  return none ? "/tmp" : path.string();
}

Result<int> nameless_file() {
  std::string name = temporary_directory() + "/auditstream-XXXXXX";
  const int file = mkstemp(name.data());
  if (file < 0) return failure("no temporary file in " + temporary_directory());
  unlink(name.c_str());
  return file;
}

// Reads one sorted part of the file id by id; each is preceded by its length.
class RunReader {
 public:
  RunReader(int file, std::size_t begin, std::size_t end) : file_(file), at_(begin), end_(end) {}

  // False at the end.
  Result<bool> next(std::string& id) {
    std::uint32_t length = 0;
    if (at_ == end_ && used_ == held_.size()) return false;
    if (Status got =
            take(sizeof length, [&](const char* bytes) { std::memcpy(&length, bytes, sizeof length); });
        !got.ok())
      return got.error();
    if (Status got = take(length, [&](const char* bytes) { id.assign(bytes, length); }); !got.ok())
      return got.error();
    return true;
  }

 private:
  template <class Use>
  Status take(std::size_t count, Use use) {
    while (held_.size() - used_ < count) {
      held_.erase(0, std::exchange(used_, 0));
      const std::size_t before = held_.size();
      held_.resize(before + std::min(std::max(read_bytes, count), end_ - at_));
      const ssize_t got = pread(file_, held_.data() + before, held_.size() - before, static_cast<off_t>(at_));
      if (got <= 0) return failure("a temporary file can't be read");
      held_.resize(before + static_cast<std::size_t>(got));
      at_ += static_cast<std::size_t>(got);
    }
    use(held_.data() + used_);
    used_ += count;
    return success();
  }

  int file_;
  std::size_t at_;
  std::size_t end_;
  std::string held_;
  std::size_t used_ = 0;
};

}  // namespace

IdDigest::~IdDigest() {
  if (file_ >= 0) close(file_);
}

void IdDigest::add(std::string_view id) {
  if (!status_.ok()) return;
  ids_.emplace_back(id);
  bytes_ += sizeof(std::string) + id.size();
  if (bytes_ >= bytes_max_) status_ = spill();
}

void IdDigest::sort() {
  std::ranges::sort(ids_);
  ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
}

Status IdDigest::spill() {
  sort();
  if (file_ < 0) {
    const Result<int> file = nameless_file();
    if (!file.ok()) return file.error();
    file_ = *file;
  }
  std::string bytes;
  for (const std::string& id : ids_) {
    const auto length = static_cast<std::uint32_t>(id.size());
    bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
    bytes += id;
  }
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t written = write(file_, bytes.data() + at, bytes.size() - at);
    if (written < 0) return failure("a file in " + temporary_directory() + " can't be written");
    at += static_cast<std::size_t>(written);
  }
  runs_.push_back(Run{file_size_, file_size_ + bytes.size()});
  file_size_ += bytes.size();
  ids_.clear();
  bytes_ = 0;
  return success();
}

Result<std::string> IdDigest::finish(const std::function<void(std::string_view)>& visit) {
  Sha256 sha256;
  const auto take = [&](std::string_view id) {
    sha256.add(id);
    sha256.add("\n");
    if (visit) visit(id);
  };
  if (status_.ok() && runs_.empty()) {
    sort();
    for (const std::string& id : ids_) take(id);
    return hex(sha256.finish());
  }
  if (status_.ok() && !ids_.empty()) status_ = spill();
  if (!status_.ok()) return status_.error();

  std::vector<RunReader> readers;
  readers.reserve(runs_.size());
  for (const Run& run : runs_) readers.emplace_back(file_, run.begin, run.end);
  using Next = std::pair<std::string, std::size_t>;
  std::priority_queue<Next, std::vector<Next>, std::greater<>> queue;
  const auto advance = [&](std::size_t run) -> Status {
    std::string id;
    const Result<bool> more = readers[run].next(id);
    if (!more.ok()) return more.error();
    if (*more) queue.emplace(std::move(id), run);
    return success();
  };
  for (std::size_t run = 0; run < readers.size(); ++run) {
    if (Status done = advance(run); !done.ok()) return done.error();
  }
  std::optional<std::string> last;
  while (!queue.empty()) {
    auto [id, run] = queue.top();
    queue.pop();
    if (last != id) take(id);
    last = std::move(id);
    if (Status done = advance(run); !done.ok()) return done.error();
  }
  return hex(sha256.finish());
}

}  // namespace auditstream::runtime
