#include "kafka/detour.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace auditstream::test {
namespace {

// https://kafka.apache.org/protocol#protocol_messages: a frame is its size and a header; of a request's
// header we read api key (2 bytes), api version (2) and correlation id (4), of an answer's the correlation
// id.
constexpr std::size_t size_bytes = 4;

template <class Integer>
Integer big_endian(const std::string& bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i)
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return static_cast<Integer>(value);
}

std::int16_t api_key_of(const std::string& request) { return big_endian<std::int16_t>(request, size_bytes); }
std::int32_t correlation_of_request(const std::string& request) {
  return big_endian<std::int32_t>(request, size_bytes + 4);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool read_bytes(int socket, std::string& bytes, std::size_t count) {
  const std::size_t from = bytes.size();
  bytes.resize(from + count);
  for (std::size_t done = 0; done < count;) {
    const ssize_t got = ::recv(socket, bytes.data() + from + done, count - done, 0);
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

bool read_frame(int socket, std::string& frame) {
  frame.clear();
  return read_bytes(socket, frame, size_bytes) &&
         read_bytes(socket, frame, big_endian<std::uint32_t>(frame, 0));
}

bool write_all(int socket, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t sent = ::send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    done += static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

Detour::Detour() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(listener_, general, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, general, &size) != 0) {
    throw std::runtime_error("can't listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

Detour::~Detour() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& carrier : carriers_) carrier.join();
  for (const int socket : sockets_) ::close(socket);
  ::close(listener_);
}

std::string Detour::address() const { return "127.0.0.1:" + std::to_string(port_); }

void Detour::lead_to(const std::string& broker) {
  const std::lock_guard lock(mutex_);
  broker_port_ = static_cast<std::uint16_t>(std::stoi(broker.substr(broker.rfind(':') + 1)));
}

void Detour::keep_next(std::int16_t api_key) {
  const std::lock_guard lock(mutex_);
  to_keep_ = api_key;
}

void Detour::deliver_between(std::int16_t api_key) {
  const std::lock_guard lock(mutex_);
  to_part_ = api_key;
}

bool Detour::keeps() const {
  const std::lock_guard lock(mutex_);
  return !kept_.empty();
}

std::optional<std::int16_t> Detour::answer() const {
  const std::lock_guard lock(mutex_);
  return answer_;
}

int Detour::connect_to_broker() const {
  const int broker = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(broker_port_);
  if (::connect(broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return broker;
  ::close(broker);
  return -1;
}

void Detour::accept_all() {
  while (true) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const std::lock_guard lock(mutex_);
    const int broker = connect_to_broker();
    sockets_.push_back(client);
    if (broker < 0) {
      ::shutdown(client, SHUT_RDWR);
      continue;
    }
    sockets_.push_back(broker);
    carriers_.emplace_back([this, client, broker] { carry_requests(client, broker); });
    carriers_.emplace_back([this, client, broker] { carry_answers(broker, client); });
  }
}

void Detour::carry_requests(int client, int broker) {
  std::string request;
  while (read_frame(client, request) && pass(request) && write_all(broker, request)) {
  }
  ::shutdown(client, SHUT_RDWR);
  ::shutdown(broker, SHUT_RDWR);
}

void Detour::carry_answers(int broker, int client) {
  std::string answer;
  while (read_frame(broker, answer)) {
    {
      const std::lock_guard lock(mutex_);
      if (first_of_two_ == big_endian<std::int32_t>(answer, size_bytes)) first_answered_ = true;
    }
    changed_.notify_all();
    if (!write_all(client, answer)) break;
  }
  ::shutdown(client, SHUT_RDWR);
  ::shutdown(broker, SHUT_RDWR);
}

bool Detour::pass(const std::string& request) {
  std::unique_lock lock(mutex_);
  const std::int16_t api_key = api_key_of(request);
  if (to_keep_ == api_key) {
    kept_ = request;
    to_keep_.reset();
    return false;
  }
  if (to_part_ != api_key || kept_.empty()) return true;
  if (!first_of_two_) {
    first_of_two_ = correlation_of_request(request);
    return true;
  }
  to_part_.reset();
  if (!changed_.wait_for(lock, std::chrono::seconds(20), [this] { return first_answered_; })) return true;
  const int late = connect_to_broker();
  std::string answer;
  // EndTxn up to version 2: correlation id (4 bytes), throttle time (4), error code (2).
  if (write_all(late, kept_) && read_frame(late, answer))
    answer_ = big_endian<std::int16_t>(answer, size_bytes + 8);
  ::close(late);
  return true;
}

}  // namespace auditstream::test
