// IdDigest: SHA-256 over any number of ids: each once, sorted as bytes, one per line, as in `LC_ALL=C sort -u
// | sha256sum`, so that an auditor can repeat it. What doesn't fit into memory goes to an unnamed file.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/result.h"

namespace auditstream::runtime {

class IdDigest {
 public:
  explicit IdDigest(std::size_t bytes_max = 16 << 20) : bytes_max_(bytes_max) {}
  ~IdDigest();
  IdDigest(const IdDigest&) = delete;
  IdDigest& operator=(const IdDigest&) = delete;

  void add(std::string_view id);
  // The digest in hex. Calls `visit` with each id, in order. Once. An error is the temporary file's.
  Result<std::string> finish(const std::function<void(std::string_view)>& visit = {});

 private:
  struct Run {
    std::size_t begin;
    std::size_t end;
  };

  void sort();
  Status spill();

  const std::size_t bytes_max_;
  std::vector<std::string> ids_;  // not yet in the file
  std::size_t bytes_ = 0;         // of these ids
  int file_ = -1;
  std::size_t file_size_ = 0;
  std::vector<Run> runs_;  // each sorted
  Status status_ = success();
};

}  // namespace auditstream::runtime
