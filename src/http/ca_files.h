// The CA files of routes, as they stand on the disk right now: one that is renewed in place counts from the
// next request on. Knows nothing of curl.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <map>
#include <memory>
#include <string>

#include "auditstream/result.h"

namespace auditstream::http {

class CaFiles {
 public:
  // Looks at the file each time and reads it where it has changed since. The error names it.
  Result<std::shared_ptr<const std::string>> read(const std::string& path);

 private:
  struct Known {
    dev_t device = 0;
    ino_t inode = 0;
    off_t bytes = 0;
    timespec written{};
    timespec changed{};
    std::shared_ptr<const std::string> content;
  };

  std::map<std::string, Known> known_;
};

}  // namespace auditstream::http
