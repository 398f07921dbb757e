// HttpServer: a listener whose slow or hostile clients cost nobody else anything. Every connection carries
// one request, has a deadline and may send so much; one thread is kept for those who ask whether we live when
// all others are busy.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "auditstream/result.h"
#include "ops/api.h"

namespace auditstream {

class HttpServer {
 public:
  static constexpr Duration request_deadline = 10s;    // from the connection to the last byte of the answer
  static constexpr Duration crowded_deadline = 500ms;  // the same on the thread that is kept
  static constexpr int threads_max = 8;                // beside that one
  static constexpr std::size_t body_bytes_max = 64 << 10;  // of a request; else 413
  static constexpr std::size_t request_bytes_max = 1
                                                   << 20;  // with its headers; else the connection is closed
  static constexpr std::size_t path_bytes_max = 1024;      // else 414

  // `crowded` on the thread that is kept: whoever asks for more than a word should come again. Called on the
  // server's threads; may take its time, unless crowded.
  using Respond = std::function<ops::HttpResponse(const ops::HttpRequest& request, bool crowded)>;

  // Listens at "HOST:PORT" of http.listen; port 0 picks one. The error names what is in the way.
  static Result<std::unique_ptr<HttpServer>> start(const std::string& listen, Respond respond);
  // Waits for answers under way.
  virtual ~HttpServer() = default;

  // "127.0.0.1:8083": the port that it is.
  virtual std::string address() const = 0;

  // Whether nobody from beyond this machine gets to "HOST:PORT".
  static bool is_loopback(const std::string& listen);
};

}  // namespace auditstream
