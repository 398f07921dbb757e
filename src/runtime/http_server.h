// HttpServer: a listener whose slow or hostile clients cost nobody else anything. Every connection carries
// one request and waits for its client on one thread that all share, so that a slow client costs a socket and
// no thread; what takes time is answered by others. What no answer needs is never read: no body of a request
// that takes none, and none before its client has been let in.
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
  static constexpr Duration answer_deadline = 10s;     // for a client to take its answer
  static constexpr std::size_t connections_max = 256;  // then the oldest that waits for its client is closed
  static constexpr std::size_t threads_max = 8;        // answer at a time
  static constexpr std::size_t waiting_max = 64;       // requests for one of them; else 503
  static constexpr std::size_t unsent_bytes_max = 64 << 20;  // of all answers; then the oldest is dropped

  struct Answers {
    // What can be said as soon as the head is there. On the thread that all share: waits for nothing.
    std::function<std::optional<admin::HttpResponse>(const admin::HttpRequest& head)> at_once;
    // Everything else. On several threads; may take its time.
    std::function<admin::HttpResponse(const admin::HttpRequest& request)> in_time;
  };

  // Listens at "HOST:PORT" of http.listen; port 0 picks one. The error names what is in the way.
  static Result<std::unique_ptr<HttpServer>> start(const std::string& listen, Answers answers);
  // Waits for answers under way.
  virtual ~HttpServer() = default;

  // "127.0.0.1:8083": the port that it is.
  virtual std::string address() const = 0;

  // Whether nobody from beyond this machine gets to "HOST:PORT".
  static bool is_loopback(const std::string& listen);
};

}  // namespace auditstream::runtime
