// One connection to a server on this machine, of a client that does as it likes.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace auditstream::test {

class RawClient {
 public:
  // "127.0.0.1:8083"
  explicit RawClient(const std::string& address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("connect");
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False when the server has had enough.
  bool send(const std::string& bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // Sends nothing more.
  void end() { ::shutdown(socket_, SHUT_WR); }

  // Whether the server has neither said anything nor closed.
  bool waits() const {
    char byte;
    return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
  }
  // What has come, once something has.
  std::string some(std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    pollfd waited{socket_, POLLIN, 0};
    if (::poll(&waited, 1, static_cast<int>(patience.count())) <= 0)
      throw std::runtime_error("the server neither answers nor closes");
    char bytes[4096];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    return {bytes, got <= 0 ? 0 : static_cast<std::size_t>(got)};
  }
  // All that comes until the server closes.
  std::string rest() {
    std::string all;
    for (std::string more = some(); !more.empty(); more = some()) all += more;
    return all;
  }
  std::string ask(const std::string& bytes) {
    send(bytes);
    return rest();
  }

 private:
  const int socket_;
};

}  // namespace auditstream::test
