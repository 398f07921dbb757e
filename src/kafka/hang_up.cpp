#include "kafka/hang_up.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <sstream>

#include "base/url.h"

namespace auditstream::kafka {
namespace {

constexpr int connect_ms = 2000, listen_ms = 1000;

struct AddressFree {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

class Socket {
 public:
  explicit Socket(const addrinfo& address)
      : fd_(socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                   address.ai_protocol)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool connect_to(const addrinfo& address) const {
    if (fd_ < 0) return false;
    if (connect(fd_, address.ai_addr, address.ai_addrlen) == 0) return true;
    if (errno != EINPROGRESS || !wait(POLLOUT, connect_ms)) return false;
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  }
  bool is_ended() const {
    char byte = 0;
    return wait(POLLIN, listen_ms) && recv(fd_, &byte, 1, 0) <= 0;
  }

 private:
  bool wait(short events, int milliseconds) const {
    pollfd waiting{fd_, events, 0};
    return poll(&waiting, 1, milliseconds) == 1;
  }

  const int fd_;
};

// Nothing if no connection is accepted.
std::optional<bool> ends_at_once(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, AddressFree> list(found);
  for (const addrinfo* address = list.get(); address != nullptr; address = address->ai_next) {
    const Socket socket(*address);
    if (socket.connect_to(*address)) return socket.is_ended();
  }
  return std::nullopt;
}

}  // namespace

bool hangs_up_unasked(const std::string& bootstrap_servers) {
  bool any = false;
  std::istringstream servers(bootstrap_servers);
  for (std::string server; std::getline(servers, server, ',');) {
    if (const std::size_t scheme = server.find("://"); scheme != std::string::npos)
      server.erase(0, scheme + 3);
    server.erase(0, server.find_first_not_of(' '));
    auto [host, port] = split_authority(server);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const std::optional<bool> ended = ends_at_once(std::string(host), std::string(port.value_or("9092")));
    if (ended && !*ended) return false;
    any = any || ended;
  }
  return any;
}

}  // namespace auditstream::kafka
