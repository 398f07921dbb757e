#include "bench/tls_front.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

namespace auditstream::bench {
namespace {

struct ContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Context = std::unique_ptr<SSL_CTX, ContextDeleter>;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

// False at the end of either side.
bool pass_on(SSL* secure, int plain) {
  std::array<char, 16384> buffer;
  std::array<pollfd, 2> ready{{{SSL_get_fd(secure), POLLIN, 0}, {plain, POLLIN, 0}}};
  if (SSL_pending(secure) == 0 && poll(ready.data(), ready.size(), -1) < 0) return errno == EINTR;
  if (SSL_pending(secure) > 0 || ready[0].revents != 0) {
    const int got = SSL_read(secure, buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0 || send(plain, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) != got)
      return false;
  }
  if (ready[1].revents != 0) {
    const ssize_t got = recv(plain, buffer.data(), buffer.size(), 0);
    if (got <= 0 || SSL_write(secure, buffer.data(), static_cast<int>(got)) <= 0) return false;
  }
  return true;
}

void serve(SSL_CTX* context, int client, std::uint16_t plain_port) {
  const Socket outside(client);
  const std::unique_ptr<SSL, SslDeleter> secure(SSL_new(context));
  SSL_set_fd(secure.get(), client);
  if (SSL_accept(secure.get()) != 1) return;
  const Socket inside(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(plain_port);
  if (connect(inside.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
  while (pass_on(secure.get(), inside.fd())) {
  }
  SSL_shutdown(secure.get());
}

}  // namespace

Result<std::unique_ptr<TlsFront>> TlsFront::listen(const std::string& certificate, std::uint16_t plain_port) {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), certificate.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Error{certificate + ": " + ERR_reason_error_string(ERR_get_error())};
  }
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::listen(listener, 4096) != 0) {
    return Error{std::string("can't listen: ") + std::strerror(errno)};
  }
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  std::thread([context = std::move(context), listener, plain_port] {
    while (true) {
      const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (client >= 0) std::thread(serve, context.get(), client, plain_port).detach();
    }
  }).detach();
  return std::unique_ptr<TlsFront>(new TlsFront(ntohs(address.sin_port)));
}

}  // namespace auditstream::bench
