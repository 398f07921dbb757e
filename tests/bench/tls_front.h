// TlsFront: TLS on a loopback port in front of a server that speaks without. A thread per connection; knows
// nothing of what it passes on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "auditstream/result.h"

namespace auditstream::bench {

class TlsFront {
 public:
  // `certificate` is a PEM file with a certificate and its key. Serves until the process ends.
  static Result<std::unique_ptr<TlsFront>> listen(const std::string& certificate, std::uint16_t plain_port);
  std::uint16_t port() const { return port_; }

 private:
  explicit TlsFront(std::uint16_t port) : port_(port) {}
  const std::uint16_t port_;
};

}  // namespace auditstream::bench
