#include "support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <map>
#include <thread>
#include <unordered_map>

namespace auditstream::test {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t request_bytes_max = 1 << 20;
constexpr std::size_t chunk_bytes = 8192;

// What a parsed prefix of the input is.
enum class Parsed { incomplete, complete, broken };

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes one request off the front of the input.
Parsed take_request(std::string& input, Request& request) {
  const std::size_t end = input.find("\r\n\r\n");
  if (end == std::string::npos) return input.size() > request_bytes_max ? Parsed::broken : Parsed::incomplete;
  const std::string_view head(input.data(), end);
  const std::string_view first = head.substr(0, head.find("\r\n"));
  const std::size_t space = first.find(' ');
  const std::size_t last = first.rfind(' ');
  if (space == std::string_view::npos || last == space || first.substr(last + 1) != "HTTP/1.1")
    return Parsed::broken;
  request = {};
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, last - space - 1);
  for (std::size_t begin = first.size() + 2; begin < head.size();) {
    const std::size_t stop = std::min(head.find("\r\n", begin), head.size());
    const std::string_view line = head.substr(begin, stop - begin);
    begin = stop + 2;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Parsed::broken;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    request.headers.push_back({std::move(name), std::string(trimmed(line.substr(colon + 1)))});
  }
  if (request.header("transfer-encoding")) return Parsed::broken;
  const std::size_t length =
      std::strtoull(std::string(request.header("content-length").value_or("0")).c_str(), nullptr, 10);
  if (length > request_bytes_max) return Parsed::broken;
  if (input.size() < end + 4 + length) return Parsed::incomplete;
  request.body = input.substr(end + 4, length);
  request.origin = "http://" + std::string(request.header("host").value_or(""));
  input.erase(0, end + 4 + length);
  return Parsed::complete;
}

std::string gzipped(std::string_view plain) {
  constexpr int gzip_window = 15 + 16;
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string chunked(std::string_view plain, bool with_end) {
  std::string out;
  for (std::size_t begin = 0; begin < plain.size(); begin += chunk_bytes) {
    const std::string_view chunk = plain.substr(begin, chunk_bytes);
    std::array<char, 24> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", chunk.size());
    out += size.data();
    out += chunk;
    out += "\r\n";
  }
  if (with_end) out += "0\r\n\r\n";
  return out;
}

}  // namespace

// One thread with its connections.
class HttpServer::Loop {
 public:
  explicit Loop(HttpServer& server)
      : server_(server), epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    watch(EPOLL_CTL_ADD, wake_, EPOLLIN);
    watch(EPOLL_CTL_ADD, server_.listener_, EPOLLIN | EPOLLEXCLUSIVE);
    thread_ = std::thread([this] { run(); });
  }
  ~Loop() {
    const std::uint64_t one = 1;
    AS_CHECK(write(wake_, &one, sizeof one) == sizeof one);
    thread_.join();
    for (const auto& [fd, connection] : connections_) close(fd);
    close(epoll_);
    close(wake_);
  }

 private:
  struct Connection;
  using Timers = std::multimap<Clock::time_point, Connection*>;

  struct Connection {
    int fd = -1;
    std::string input;

    // The answer on its way.
    bool answering = false;
    Fate fate = Fate::complete;
    bool close_after = false;
    std::string head;
    std::shared_ptr<const std::string> body;
    std::size_t body_end = 0;  // how much of the body is to be sent
    std::size_t sent = 0;      // of head and body together
    std::optional<Timers::iterator> timer;
    bool wants_write = false;
  };

  void watch(int operation, int fd, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(epoll_, operation, fd, &event);
  }

  void run() {
    std::array<epoll_event, 256> events;
    while (true) {
      const int count =
          epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds_to_timer());
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == wake_) return;
        if (fd == server_.listener_) {
          accept_all();
        } else {
          serve(fd, events[static_cast<std::size_t>(i)].events);
        }
      }
      while (!timers_.empty() && timers_.begin()->first <= Clock::now()) {
        Connection& connection = *timers_.begin()->second;
        timers_.erase(timers_.begin());
        connection.timer.reset();
        send_some(connection);
      }
    }
  }

  int milliseconds_to_timer() const {
    if (timers_.empty()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60000));
  }

  void accept_all() {
    while (true) {
      const int fd = accept4(server_.listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto connection = std::make_unique<Connection>();
      connection->fd = fd;
      connections_[fd] = std::move(connection);
      ++server_.connections_;
      watch(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP);
    }
  }

  void serve(int fd, std::uint32_t events) {
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    if (events & (EPOLLHUP | EPOLLERR)) return end(connection);
    if (events & EPOLLIN && !receive(connection)) return end(connection);
    if (events & EPOLLRDHUP) return end(connection);
    if (connection.answering) {
      if (events & EPOLLOUT) send_some(connection);
      return;
    }
    Request request;
    const Parsed parsed = take_request(connection.input, request);
    if (parsed == Parsed::broken) return end(connection);
    if (parsed == Parsed::complete) answer(connection, request);
  }

  // False at the end of the input.
  static bool receive(Connection& connection) {
    std::array<char, 16384> buffer;
    const ssize_t got = recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (got > 0) connection.input.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
  }

  void answer(Connection& connection, const Request& request) {
    Reply reply = server_.handler_(request);
    connection.answering = true;
    connection.fate = reply.fate;
    connection.close_after = request.header("connection") == "close";
    connection.sent = 0;
    connection.body = std::move(reply.body);
    if (reply.fate == Fate::endless && connection.body->empty()) {
      connection.body = std::make_shared<const std::string>(chunk_bytes, ' ');
    }
    if (reply.gzip && request.header("accept-encoding").value_or("").find("gzip") != std::string_view::npos) {
      connection.body = std::make_shared<const std::string>(gzipped(*connection.body));
      reply.headers.push_back({"Content-Encoding", "gzip"});
    }
    std::string& head = connection.head;
    head = "HTTP/1.1 " + std::to_string(reply.status) + " -\r\n";
    bool dated = !server_.options_.date;
    for (const http::Header& header : reply.headers) {
      dated = dated || header.name == "Date";
      connection.close_after = connection.close_after || header.name == "Connection";
      head += header.name + ": " + header.value + "\r\n";
    }
    if (!dated) head += "Date: " + http_date(server_.now()) + "\r\n";
    if (reply.fate == Fate::chunked || reply.fate == Fate::endless) {
      connection.body =
          std::make_shared<const std::string>(chunked(*connection.body, reply.fate == Fate::chunked));
      head += "Transfer-Encoding: chunked\r\n\r\n";
    } else {
      head += "Content-Length: " + std::to_string(connection.body->size()) + "\r\n\r\n";
    }
    const bool half = reply.fate == Fate::reset_midway || reply.fate == Fate::cut_short;
    connection.body_end = half ? connection.body->size() / 2 : connection.body->size();
    if (reply.delay > Duration{0}) {
      connection.timer = timers_.emplace(Clock::now() + reply.delay, &connection);
    } else {
      send_some(connection);
    }
  }

  void send_some(Connection& connection) {
    if (connection.timer) return;
    if (connection.fate == Fate::reset_at_once) return reset(connection);
    const std::size_t head = connection.head.size();
    while (connection.sent < head + connection.body_end) {
      const std::size_t head_sent = std::min(connection.sent, head);
      const std::size_t body_sent = connection.sent - head_sent;
      std::array<iovec, 2> parts = {
          {{connection.head.data() + head_sent, head - head_sent},
           {const_cast<char*>(connection.body->data()) + body_sent, connection.body_end - body_sent}}};
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = parts.size();
      const ssize_t sent = sendmsg(connection.fd, &message, MSG_NOSIGNAL);
      if (sent < 0) {
        if (errno == EAGAIN || errno == EINTR) return want_write(connection, true);
        return end(connection);
      }
      connection.sent += static_cast<std::size_t>(sent);
    }
    finish(connection);
  }

  void finish(Connection& connection) {
    switch (connection.fate) {
      case Fate::endless:
        // Again from the body's start, but not before the other connections had their turn.
        connection.sent = connection.head.size();
        return want_write(connection, true);
      case Fate::reset_at_once:
      case Fate::reset_midway:
        return reset(connection);
      case Fate::cut_short:
        return end(connection);
      case Fate::complete:
      case Fate::chunked:
        break;
    }
    if (connection.close_after) return end(connection);
    connection.answering = false;
    connection.body.reset();
    want_write(connection, false);
  }

  void want_write(Connection& connection, bool wanted) const {
    if (connection.wants_write == wanted) return;
    connection.wants_write = wanted;
    watch(EPOLL_CTL_MOD, connection.fd, EPOLLIN | EPOLLRDHUP | (wanted ? EPOLLOUT : 0U));
  }

  void reset(Connection& connection) {
    const linger at_once{1, 0};
    setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    end(connection);
  }

  void end(Connection& connection) {
    if (connection.timer) timers_.erase(*connection.timer);
    const int fd = connection.fd;
    connections_.erase(fd);
    close(fd);
  }

  HttpServer& server_;
  const int epoll_;
  const int wake_;

  // Only the loop's own thread touches what follows.
  Timers timers_;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;

  std::thread thread_;
};

Result<std::unique_ptr<HttpServer>> HttpServer::listen(Options options, Handler handler) {
  const std::string where = options.address + ":" + std::to_string(options.port);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  if (inet_pton(AF_INET, options.address.c_str(), &address.sin_addr) != 1)
    return Error{"no IPv4 address: " + where};
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t length = sizeof address;
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::listen(listener, 4096) != 0) {
    const std::string why = std::strerror(errno);
    close(listener);
    return Error{"can't listen on " + where + ": " + why};
  }
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  options.port = ntohs(address.sin_port);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(options), std::move(handler), listener));
}

HttpServer::HttpServer(Options options, Handler handler, int listener)
    : options_(std::move(options)), handler_(std::move(handler)), listener_(listener) {
  for (unsigned i = 0; i < options_.threads; ++i) loops_.push_back(std::make_unique<Loop>(*this));
}

HttpServer::~HttpServer() {
  loops_.clear();
  close(listener_);
}

std::string HttpServer::origin() const {
  return "http://" + options_.address + ":" + std::to_string(options_.port);
}

Time HttpServer::now() const {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now()) + clock_offset_.load();
}

}  // namespace auditstream::test
