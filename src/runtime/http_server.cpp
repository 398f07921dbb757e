#include "runtime/http_server.h"

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <thread>
#include <type_traits>
#include <utility>

#include "auditstream/check.h"
#include "base/url.h"
#include "runtime/wire.h"

namespace auditstream::runtime {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

constexpr Duration farewell_max = 1s;  // for what a client still sends after its response
constexpr std::size_t farewell_bytes_max = 1 << 20;
constexpr Duration accept_pause = 100ms;  // if no connection can be accepted
static_assert(HttpServer::connections_max > HttpServer::threads_max + HttpServer::waiting_max,
              "there is always one that waits for its client");

// Sent with every response: not to be cached, content-sniffed, or named to another site.
constexpr std::pair<const char*, const char*> headers_of_all[] = {
    {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}, {"Referrer-Policy", "no-referrer"}};

template <class Answer>
std::invoke_result_t<Answer> unless_it_throws(Answer answer) {
  try {
    return answer();
  } catch (const std::exception&) {
    return admin::error_response(500, "internal error");
  }
}

class Listener;

// One connection. Everything happens on the listener's thread; pending operations keep the connection alive.
class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Listener& listener);

  void begin();
  void close();
  bool waits_for_client() const { return !answering_; }
  std::size_t unsent() const { return response_.body().size(); }
  // The listener ends: a client that has sent no request is dropped.
  void hurry();

 private:
  void read();
  void on_bytes();
  void on_head();
  void hand_over();
  void write(admin::HttpResponse response);
  void on_written(const error_code& error);
  void say_farewell();
  void give(Duration time);

  Listener& listener_;
  tcp::socket socket_;
  asio::steady_timer deadline_;
  std::uint64_t deadlines_ = 0;

  wire::Reader reader_;
  bool has_head_ = false;
  beast::http::response<beast::http::string_body> response_;
  std::optional<beast::http::response_serializer<beast::http::string_body>> serializer_;
  bool answering_ = false;  // the client waits for us
  bool answered_ = false;
  std::array<char, 4096> scrap_;
  std::size_t discarded_ = 0;
};

class Listener final : public HttpServer {
 public:
  Listener(HostPort address, Answers answers) : address_(std::move(address)), answers_(std::move(answers)) {}
  ~Listener() override {
    asio::post(io_, [this] {
      ending_ = true;
      acceptor_.close();
      pause_.cancel();
      for (const auto& connection : std::list(connections_)) connection->hurry();
    });
    if (thread_.joinable()) thread_.join();
    pool_.join();
  }

  Status listen() {
    error_code error = bind();
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return Error{error.message(), ErrorKind::misconfigured};
    address_.port = acceptor_.local_endpoint().port();
    accept();
    thread_ = std::thread([this] { io_.run(); });
    return success();
  }

  std::string address() const override { return address_.text(); }

  // --- for its connections

  const Answers& answers() const { return answers_; }
  asio::io_context& io() { return io_; }
  bool ending() const { return ending_; }
  void forget(const std::shared_ptr<Connection>& connection) { connections_.remove(connection); }
  // Before a response of so many bytes: cuts the oldest unsent ones until all fit into the limit.
  void make_room(std::size_t bytes) {
    for (const auto& connection : std::list(connections_)) bytes += connection->unsent();
    for (const auto& connection : std::list(connections_)) {
      if (bytes <= unsent_bytes_max) return;
      bytes -= connection->unsent();
      if (connection->unsent() > 0) connection->close();
    }
  }

  // `done` is called with the response, on our thread. False if too many requests are waiting.
  bool answer_in_time(const admin::HttpRequest& request, std::function<void(admin::HttpResponse)> done) {
    if (asked_ >= threads_max + waiting_max) return false;
    ++asked_;
    auto work = [this, request, done = std::move(done), open = asio::make_work_guard(io_)]() mutable {
      admin::HttpResponse response = unless_it_throws([&] { return answers_.in_time(request); });
      asio::post(io_, [this, done = std::move(done), response = std::move(response)]() mutable {
        --asked_;
        done(std::move(response));
      });
    };
    asio::post(pool_, std::move(work));
    return true;
  }

 private:
  error_code bind() {
    error_code error;
    const auto found = tcp::resolver(io_).resolve(address_.host, std::to_string(*address_.port),
                                                  tcp::resolver::passive, error);
    for (const auto& entry : found) {
      const tcp::endpoint endpoint = entry.endpoint();
      acceptor_ = tcp::acceptor(io_);
      acceptor_.open(endpoint.protocol(), error);
      if (error) continue;
      acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
      if (endpoint.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(false), error);
      acceptor_.bind(endpoint, error);
      if (!error) break;
    }
    return error;
  }

  void accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (ending_) return;
      if (error || connections_.size() >= connections_max) close_oldest();
      if (error) {
        pause_.expires_after(accept_pause);
        pause_.async_wait([this](const error_code&) {
          if (!ending_) accept();
        });
        return;
      }
      connections_.push_back(std::make_shared<Connection>(std::move(socket), *this));
      connections_.back()->begin();
      accept();
    });
  }

  void close_oldest() {
    const auto oldest = std::ranges::find_if(
        connections_, [](const auto& connection) { return connection->waits_for_client(); });
    if (oldest == connections_.end()) return;
    const std::shared_ptr<Connection> goes = (*oldest)->shared_from_this();  // close() takes it off the list
    goes->close();
  }

  HostPort address_;
  const Answers answers_;

  asio::io_context io_{1};
  asio::thread_pool pool_{threads_max};
  std::thread thread_;

  tcp::acceptor acceptor_{io_};  // from here on used only by the listener's thread
  asio::steady_timer pause_{io_};
  std::list<std::shared_ptr<Connection>> connections_;  // the oldest first
  std::size_t asked_ = 0;
  bool ending_ = false;
};

Connection::Connection(tcp::socket socket, Listener& listener)
    : listener_(listener), socket_(std::move(socket)), deadline_(listener.io()) {}

void Connection::begin() {
  give(HttpServer::request_deadline);
  read();
}

void Connection::read() {
  socket_.async_read_some(reader_.room(),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            if (error && error != asio::error::eof) return self->close();
                            self->reader_.came(bytes);
                            self->on_bytes();
                          });
}

void Connection::on_bytes() {
  switch (has_head_ ? reader_.read_body() : reader_.read_head()) {
    case wire::Reader::State::hungry:
      return read();
    case wire::Reader::State::done:
      return has_head_ ? hand_over() : on_head();
    case wire::Reader::State::refused:
      return reader_.refusal() ? write(*std::move(reader_.refusal())) : close();
  }
}

void Connection::on_head() {
  has_head_ = true;
  auto at_once = unless_it_throws([&] { return listener_.answers().at_once(reader_.request()); });
  if (at_once) return write(*std::move(at_once));
  if (!admin::takes_body(reader_.request())) return hand_over();
  if (!reader_.waits_to_go_on()) return on_bytes();
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(go_on),
                    [self = shared_from_this()](const error_code& failed, std::size_t) {
                      failed ? self->close() : self->on_bytes();
                    });
}

void Connection::hand_over() {
  ++deadlines_;
  deadline_.cancel();
  answering_ =
      listener_.answer_in_time(reader_.request(), [self = shared_from_this()](admin::HttpResponse response) {
        self->answering_ = false;
        self->write(std::move(response));
      });
  if (answering_) return;
  admin::HttpResponse crowded = admin::error_response(503, "too many requests at a time: try again");
  crowded.headers.emplace_back("Retry-After", "1");
  write(std::move(crowded));
}

void Connection::write(admin::HttpResponse response) {
  answered_ = true;
  give(listener_.ending() ? farewell_max : HttpServer::answer_deadline);
  response_.result(static_cast<unsigned>(response.status));
  for (const auto& [name, value] : headers_of_all) response_.set(name, value);
  for (const auto& [name, value] : response.headers) response_.set(name, value);
  if (!response.body.empty()) response_.set(beast::http::field::content_type, response.type);
  listener_.make_room(response.body.size());
  response_.body() = std::move(response.body);
  response_.keep_alive(false);
  if (response_.result() != beast::http::status::no_content) response_.prepare_payload();
  serializer_.emplace(response_);
  const auto written = [self = shared_from_this()](const error_code& error, std::size_t) {
    self->on_written(error);
  };
  if (reader_.request().method == "HEAD") {
    serializer_->split(true);
    beast::http::async_write_header(socket_, *serializer_, written);
  } else {
    beast::http::async_write(socket_, *serializer_, written);
  }
}

void Connection::on_written(const error_code& error) {
  if (error) return close();
  response_.body() = {};
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  give(farewell_max);
  say_farewell();
}

// Closing a connection with unread bytes resets it, and the response may be lost with it.
void Connection::say_farewell() {
  socket_.async_read_some(asio::buffer(scrap_),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            self->discarded_ += bytes;
                            if (error || self->discarded_ > farewell_bytes_max) return self->close();
                            self->say_farewell();
                          });
}

// Counts from now on, not from byte to byte: a client that trickles bytes gets no more time.
void Connection::give(Duration time) {
  deadline_.expires_after(time);
  deadline_.async_wait([self = shared_from_this(), mine = ++deadlines_](const error_code&) {
    if (mine == self->deadlines_) self->close();
  });
}

void Connection::hurry() {
  if (answering_) return;
  answered_ ? give(farewell_max) : close();
}

void Connection::close() {
  ++deadlines_;
  deadline_.cancel();
  error_code ignored;
  socket_.close(ignored);
  listener_.forget(shared_from_this());
}

}  // namespace

bool HttpServer::is_loopback(const std::string& listen) {
  const std::optional<HostPort> address = parse_host_port(listen);
  return address && auditstream::is_loopback(address->host);
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const std::string& listen, Answers answers) {
  const std::optional<HostPort> address = parse_host_port(listen);
  AS_CHECK(address && address->port);  // by the config
  auto listener = std::make_unique<Listener>(*address, std::move(answers));
  const Status listening = listener->listen();
  if (!listening.ok()) {
    return Error{"http.listen: can't listen at " + listen + ": " + listening.error().message +
                     "; choose another port (0 picks a free one), or \"off\"",
                 ErrorKind::misconfigured};
  }
  return std::unique_ptr<HttpServer>(std::move(listener));
}

}  // namespace auditstream::runtime
