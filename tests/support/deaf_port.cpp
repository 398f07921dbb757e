#include "support/deaf_port.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace auditstream::test {
namespace {

constexpr int connections_max = 64;
constexpr int handshake_ms_max = 200;  // over loopback it takes microseconds

int new_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw std::runtime_error("no socket");
  return fd;
}

}  // namespace

// Nobody accepts, so the listener's queue fills up; from then on Linux drops what asks for a connection.
DeafPort::DeafPort() {
  sockets_.push_back(new_socket());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(sockets_[0], general, size) != 0 || ::listen(sockets_[0], 0) != 0 ||
      ::getsockname(sockets_[0], general, &size) != 0) {
    throw std::runtime_error("can't listen on 127.0.0.1");
  }
  origin_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  for (int connections = 0; connections < connections_max; ++connections) {
    sockets_.push_back(new_socket());
    ::connect(sockets_.back(), general, size);
    pollfd connected{sockets_.back(), POLLOUT, 0};
    if (::poll(&connected, 1, handshake_ms_max) == 0) return;
  }
  throw std::runtime_error(origin_ + " takes every connection");
}

DeafPort::~DeafPort() {
  for (const int fd : sockets_) ::close(fd);
}

}  // namespace auditstream::test
