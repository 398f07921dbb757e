// The CA files of routes, as they are on disk right now: a file renewed in place applies from the next
// request on. Knows nothing of curl.
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
  // Checks the file each time, and reads it if it has changed. The error names the file.
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
