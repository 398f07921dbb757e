#include "http/ca_files.h"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace auditstream::http {
namespace {

constexpr off_t bytes_max = 16 << 20;

bool same(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

Error unreadable(const std::string& path, const std::string& why) {
  return Error{"can't read the CA file " + path + ": " + why};
}

}  // namespace

Result<std::shared_ptr<const std::string>> CaFiles::read(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return unreadable(path, std::generic_category().message(errno));
  }
  if (!S_ISREG(status.st_mode)) return unreadable(path, "not a regular file");
  if (status.st_size > bytes_max) return unreadable(path, "more than 16 MiB");
  Known& known = known_[path];
  if (known.content && known.device == status.st_dev && known.inode == status.st_ino &&
      known.bytes == status.st_size && same(known.written, status.st_mtim) &&
      same(known.changed, status.st_ctim)) {
    return known.content;
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return unreadable(path, std::generic_category().message(errno == 0 ? EIO : errno));
  std::string content(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) return unreadable(path, "reading failed");
  // Unchanged bytes stay the same object: requests with the same CAs share connections.
  if (!known.content || *known.content != content) {
    known.content = std::make_shared<const std::string>(std::move(content));
  }
  known.device = status.st_dev;
  known.inode = status.st_ino;
  known.bytes = status.st_size;
  known.written = status.st_mtim;
  known.changed = status.st_ctim;
  return known.content;
}

}  // namespace auditstream::http
