#include "run/http_server.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "run/clock.h"

namespace auditstream {
namespace {

constexpr std::size_t waiting_max = 128;   // connections for the thread that is kept
constexpr Duration farewell_max = 200ms;   // for what a client goes on sending
constexpr Duration look_interval = 200ms;  // whether we are to end

thread_local bool crowded = false;

// One connection as cpp-httplib reads and writes it. Its own time-outs count from byte to byte, so a client
// that sends one now and then would keep a thread for ever.
class Connection final : public httplib::Stream {
 public:
  Connection(int socket, Steady deadline, const std::atomic<bool>& stopping)
      : socket_(socket), deadline_(deadline), stopping_(stopping) {}

  bool is_readable() const override { return at_ < filled_ || wait(POLLIN); }
  bool is_writable() const override { return wait(POLLOUT); }
  ssize_t read(char* into, std::size_t size) override {
    if (at_ == filled_) {
      if (received_ >= HttpServer::request_bytes_max || !wait(POLLIN)) return -1;
      const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
      if (got <= 0) return got;
      at_ = 0;
      filled_ = static_cast<std::size_t>(got);
      received_ += filled_;
    }
    const std::size_t taken = std::min(size, filled_ - at_);
    std::memcpy(into, buffer_.data() + at_, taken);
    at_ += taken;
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* from, std::size_t size) override {
    return wait(POLLOUT) ? ::send(socket_, from, size, MSG_NOSIGNAL) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  void get_local_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  socket_t socket() const override { return socket_; }

  // A connection that is closed with something unread is reset, and the answer may be lost with it.
  void say_farewell() {
    ::shutdown(socket_, SHUT_WR);
    deadline_ = std::min(deadline_, read_clock().steady + farewell_max);
    while (received_ < HttpServer::request_bytes_max && wait(POLLIN)) {
      const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
      if (got <= 0) break;
      received_ += static_cast<std::size_t>(got);
    }
  }

 private:
  bool wait(short what) const {
    while (!stopping_) {
      const Duration left = deadline_ - read_clock().steady;
      if (left <= Duration{0}) return false;
      const auto slice = std::chrono::ceil<std::chrono::milliseconds>(std::min(left, look_interval));
      pollfd waited{socket_, what, 0};
      const int found = ::poll(&waited, 1, static_cast<int>(slice.count()));
      if (found > 0) return true;
      if (found < 0 && errno != EINTR) return false;
    }
    return false;
  }

  const int socket_;
  Steady deadline_;
  const std::atomic<bool>& stopping_;
  std::array<char, 4096> buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::size_t received_ = 0;
};

// The threads: some for everybody, and one for those who find all of them busy.
class Crew final : public httplib::TaskQueue {
 public:
  Crew() {
    for (int i = 0; i < HttpServer::threads_max; ++i) threads_.emplace_back([this] { work(tasks_, false); });
    threads_.emplace_back([this] { work(waiting_, true); });
  }

  void enqueue(std::function<void()> task) override {
    {
      const std::lock_guard lock(mutex_);
      const bool free = busy_ + tasks_.size() < HttpServer::threads_max;
      if (free || waiting_.size() < waiting_max) {
        (free ? tasks_ : waiting_).push_back(std::move(task));
        task = nullptr;
      }
    }
    wakeup_.notify_all();
    if (!task) return;
    // The listener itself: until this is done nobody else is let in.
    crowded = true;
    task();
  }
  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wakeup_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void work(std::deque<std::function<void()>>& queue, bool kept) {
    crowded = kept;
    std::unique_lock lock(mutex_);
    while (true) {
      wakeup_.wait(lock, [&] { return ending_ || !queue.empty(); });
      if (queue.empty()) return;
      std::function<void()> task = std::move(queue.front());
      queue.pop_front();
      busy_ += kept ? 0 : 1;
      lock.unlock();
      task();
      lock.lock();
      busy_ -= kept ? 0 : 1;
    }
  }

  std::mutex mutex_;
  std::condition_variable wakeup_;
  std::deque<std::function<void()>> tasks_;  // from here on protected by mutex_
  std::deque<std::function<void()>> waiting_;
  std::size_t busy_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

ops::HttpRequest request_of(const httplib::Request& request) {
  ops::HttpRequest asked{request.method, request.path};
  asked.query.insert(request.params.begin(), request.params.end());
  for (const auto& [name, value] : request.headers) asked.headers.emplace(lower(name), value);
  asked.body = request.body;
  return asked;
}

void fill(httplib::Response& into, ops::HttpResponse&& response) {
  into.status = response.status;
  for (const auto& [name, value] : response.headers) into.set_header(name, value);
  if (!response.body.empty()) into.set_content(std::move(response.body), response.type);
}

// Of what cpp-httplib itself refuses.
std::string reason_of(int status) {
  if (status == 413)
    return "the body is longer than " + std::to_string(HttpServer::body_bytes_max) + " bytes";
  if (status == 414) return "the path is too long";
  return "this is no HTTP request that can be understood here";
}

struct Address {
  std::string host;
  int port = 0;
};

// As the config has checked it.
Address parse_address(std::string_view listen) {
  const std::size_t colon = listen.rfind(':');
  Address address{std::string(listen.substr(0, colon))};
  if (address.host.starts_with("[")) address.host = address.host.substr(1, address.host.size() - 2);
  std::from_chars(listen.data() + colon + 1, listen.data() + listen.size(), address.port);
  return address;
}

class Listener final : public HttpServer, private httplib::Server {
 public:
  Listener(Address address, Respond respond) : address_(std::move(address)), respond_(std::move(respond)) {
    new_task_queue = [] { return new Crew; };
    set_payload_max_length(body_bytes_max);
    // Not its default: with SO_REUSEPORT a second instance would share our port without a word.
    set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    const Handler answer = [this](const httplib::Request& request, httplib::Response& response) {
      fill(response, respond_(request_of(request), crowded));
    };
    // cpp-httplib reads a body of unknown length until the client leaves: who announces none has none.
    set_pre_routing_handler([answer](const httplib::Request& request, httplib::Response& response) {
      if (request.path.size() > path_bytes_max) {
        fill(response, ops::error_response(
                           414, "the path is longer than " + std::to_string(path_bytes_max) + " bytes"));
        return HandlerResponse::Handled;
      }
      if (request.has_header("Content-Length") || request.has_header("Transfer-Encoding"))
        return HandlerResponse::Unhandled;
      answer(request, response);
      return HandlerResponse::Handled;
    });
    Get(".*", answer).Post(".*", answer).Put(".*", answer).Patch(".*", answer).Delete(".*", answer);
    Options(".*", answer);
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (!response.body.empty() || response.status < 400) return;
      fill(response, ops::error_response(response.status, reason_of(response.status)));
    });
    set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
      fill(response, ops::error_response(500, "internal error"));
    });
  }
  ~Listener() override {
    stopping_ = true;
    stop();
    if (thread_.joinable()) thread_.join();
  }

  Status listen() {
    errno = 0;
    const bool bound = address_.port == 0 ? (address_.port = bind_to_any_port(address_.host)) > 0
                                          : bind_to_port(address_.host, address_.port);
    if (!bound) return Error{std::strerror(errno == 0 ? EADDRNOTAVAIL : errno), Cure::person};
    ::listen(svr_sock_, SOMAXCONN);  // cpp-httplib has room for five, and who finds none waits a second
    thread_ = std::thread([this] { listen_after_bind(); });
    while (!is_running()) std::this_thread::yield();  // before that it could not be stopped
    return success();
  }

  std::string address() const override {
    const bool six = address_.host.find(':') != std::string::npos;
    return (six ? "[" + address_.host + "]" : address_.host) + ":" + std::to_string(address_.port);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    Connection connection(socket, read_clock().steady + (crowded ? crowded_deadline : request_deadline),
                          stopping_);
    bool closed = false;
    const bool answered = process_request(connection, true, closed, {});
    connection.say_farewell();
    ::close(socket);
    return answered;
  }

  Address address_;
  const Respond respond_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace

bool HttpServer::is_loopback(const std::string& listen) {
  const std::string host = parse_address(listen).host;
  in_addr four{};
  in6_addr six{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  if (inet_pton(AF_INET6, host.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six) != 0;
  return host == "localhost";
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const std::string& listen, Respond respond) {
  auto listener = std::make_unique<Listener>(parse_address(listen), std::move(respond));
  const Status listening = listener->listen();
  if (!listening.ok()) {
    return Error{"http.listen: can't listen at " + listen + ": " + listening.error().message +
                     "; choose another port (0 picks a free one), or \"off\"",
                 Cure::person};
  }
  return std::unique_ptr<HttpServer>(std::move(listener));
}

}  // namespace auditstream
