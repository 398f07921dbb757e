// A small HTTP/1.1 server for tests on a loopback address: keep-alive, delayed answers, and every way of
// ending one badly. Knows nothing of what it serves. No TLS, no pipelining, no chunked requests.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auditstream/result.h"
#include "support/http_exchange.h"

namespace auditstream::test {

class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: the kernel picks one
    unsigned threads = 1;    // with more than one the handler is called by several at once
    bool date = true;        // add a Date header where the reply has none
  };
  // Called with each complete request; must not block. Its reply decides over everything, delay and
  // misbehaviour included.
  using Handler = std::function<Reply(const Request&)>;

  // Listens when it returns; an error names the address.
  static Result<std::unique_ptr<HttpServer>> listen(Options options, Handler handler);
  // Closes every connection; what is being answered is cut.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const { return options_.port; }
  std::string origin() const;  // "http://127.0.0.1:8080"
  // How far the Date header is ahead of the truth.
  void set_clock_offset(Duration offset) { clock_offset_ = offset; }
  std::uint64_t connections() const { return connections_; }  // accepted so far

 private:
  class Loop;

  HttpServer(Options options, Handler handler, int listener);
  Time now() const;  // as the Date header tells it

  Options options_;
  const Handler handler_;
  const int listener_;
  std::atomic<Duration> clock_offset_{Duration{0}};
  std::atomic<std::uint64_t> connections_{0};
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace auditstream::test
