// HttpServer: a listener whose slow or hostile clients cost nobody else anything. Each connection carries one
// request. A single thread waits for all clients, so a slow one costs a socket, not a thread; other threads
// build the responses that take time. Nothing is read without need: no body of a request that takes none, and
// none before access is granted.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "admin/api.h"
#include "auditstream/result.h"

namespace auditstream::runtime {

class HttpServer {
 public:
  static constexpr Duration request_deadline = 10s;    // from the connection to the request's last byte
  static constexpr Duration answer_deadline = 10s;     // for a client to read its response
  static constexpr std::size_t connections_max = 256;  // beyond, the oldest waiting for its client is closed
  static constexpr std::size_t threads_max = 8;        // building responses
  static constexpr std::size_t waiting_max = 64;       // requests that wait for one of these; beyond, 503
  static constexpr std::size_t unsent_bytes_max = 64 << 20;  // of all responses; beyond, the oldest is cut

  struct Answers {
    // What can be answered from the head alone. On the thread that waits for all clients: must not block.
    std::function<std::optional<admin::HttpResponse>(const admin::HttpRequest& head)> at_once;
    // Everything else. On several threads; may block.
    std::function<admin::HttpResponse(const admin::HttpRequest& request)> in_time;
  };

  // Listens at "HOST:PORT" of http.listen; port 0 picks one. The error says what prevents it.
  static Result<std::unique_ptr<HttpServer>> start(const std::string& listen, Answers answers);
  // Waits for responses that are being built.
  virtual ~HttpServer() = default;

  // "127.0.0.1:8083", with the actual port.
  virtual std::string address() const = 0;

  // Whether "HOST:PORT" can be reached only from this machine.
  static bool is_loopback(const std::string& listen);
};

}  // namespace auditstream::runtime
