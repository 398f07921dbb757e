// DeafPort: a loopback address where connecting never comes to an end, as behind a firewall that drops
// packets.
#pragma once

#include <string>
#include <vector>

namespace auditstream::test {

class DeafPort {
 public:
  // Throws std::runtime_error where the kernel takes every connection.
  DeafPort();
  ~DeafPort();
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;

  std::string origin() const { return origin_; }  // "http://127.0.0.1:8080"

 private:
  std::vector<int> sockets_;
  std::string origin_;
};

}  // namespace auditstream::test
