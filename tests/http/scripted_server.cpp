// The socket side of ScriptedServer. Knows of HTTP only where a request ends.
#include "http/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "auditstream/check.h"

namespace auditstream::http {

bool Peer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string Peer::read_request() {
  std::size_t end = std::string::npos;
  for (char chunk[4096];;) {
    if (end == std::string::npos) {
      const std::size_t blank = buffered_.find("\r\n\r\n");
      if (blank != std::string::npos) {
        const std::size_t length = buffered_.find("Content-Length: ");
        end = blank + 4;
        if (length < blank) end += std::strtoul(buffered_.c_str() + length + 16, nullptr, 10);
      }
    }
    if (end <= buffered_.size()) break;
    const ssize_t got = ::recv(fd_, chunk, sizeof chunk, 0);
    if (got <= 0) return {};
    buffered_.append(chunk, static_cast<std::size_t>(got));
  }
  std::string request = buffered_.substr(0, end);
  buffered_.erase(0, end);
  return request;
}

void Peer::wait_for_close() {
  char chunk[4096];
  while (::recv(fd_, chunk, sizeof chunk, 0) > 0) {
  }
}

void Peer::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

ScriptedServer::ScriptedServer(Script script, const std::string& at, int port)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  AS_CHECK(::inet_pton(AF_INET, at.c_str(), &address.sin_addr) == 1);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t size = sizeof address;
  const int on = 1;  // the port may still have connections that are closing
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  AS_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  AS_CHECK(::listen(listener_, 1024) == 0);
  AS_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
}

std::string ScriptedServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::vector<std::string> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(fd);
      return;
    }
    ++connections_;
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void ScriptedServer::serve(int fd) {
  Peer peer(fd);
  for (;;) {
    const std::string request = peer.read_request();
    if (request.empty()) break;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    if (!script_(peer, request)) break;
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

std::string ok(std::string_view body, std::string_view header_lines) {
  std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  answer.append(header_lines).append("\r\n").append(body);
  return answer;
}

}  // namespace auditstream::http
