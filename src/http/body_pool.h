// Reuses the buffers of response bodies when their last reader is done. Freeing 400 kB per page and faulting
// it in again costs three times the rest of the exchange. Knows nothing of HTTP.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace auditstream::http {

// For any thread. Buffers that it lent may outlive every other reference to it.
class BodyPool : public std::enable_shared_from_this<BodyPool> {
 public:
  static constexpr std::size_t idle_bytes_max = 16 << 20;
  static constexpr std::size_t buffers_max = 64;
  static constexpr std::size_t buffer_bytes_min = 64 << 10;  // below, malloc is as good

  BodyPool() { idle_.reserve(buffers_max); }

  // An empty buffer with room for at least `bytes`.
  std::string take(std::size_t bytes) {
    std::string buffer;
    if (bytes == 0 || bytes >= buffer_bytes_min) {
      const MutexLock lock(mutex_);
      if (!idle_.empty()) {
        buffer = std::move(idle_.back());
        idle_.pop_back();
        idle_bytes_ -= buffer.capacity();
      }
    }
    buffer.reserve(bytes);
    return buffer;
  }

  // Hands the body to its readers. A small body is copied, so that it doesn't occupy a large buffer while it
  // is read.
  std::shared_ptr<const std::string> lend(std::string body) {
    if (body.size() < body.capacity() / 4) {
      auto copy = std::make_shared<const std::string>(body.data(), body.size());
      give_back(std::move(body));
      return copy;
    }
    if (body.capacity() < buffer_bytes_min) return std::make_shared<const std::string>(std::move(body));
    return {new std::string(std::move(body)), [pool = shared_from_this()](std::string* read) {
              pool->give_back(std::move(*read));
              delete read;
            }};
  }

  void give_back(std::string buffer) noexcept {
    const std::size_t bytes = buffer.capacity();
    const MutexLock lock(mutex_);
    if (bytes < buffer_bytes_min || idle_.size() == buffers_max || idle_bytes_ + bytes > idle_bytes_max)
      return;
    buffer.clear();
    idle_.push_back(std::move(buffer));
    idle_bytes_ += bytes;
  }

 private:
  Mutex mutex_;
  std::vector<std::string> idle_ AS_GUARDED_BY(mutex_);
  std::size_t idle_bytes_ AS_GUARDED_BY(mutex_) = 0;
};

}  // namespace auditstream::http
