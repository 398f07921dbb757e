// A TCP server for tests that need a say in every byte: truncation, resets, endless bodies. One thread per
// connection.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace auditstream::http {

// What a script may do with one connection.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}

  // False once the client is gone.
  bool write(std::string_view bytes);
  // One request with its body as it came; empty once the client is gone.
  std::string read_request();
  // Blocks until the client closes; what it still sends is dropped.
  void wait_for_close();
  // Ends the connection with RST instead of FIN.
  void reset();

 private:
  const int fd_;
  std::string buffered_;
};

// Listens on a loopback address until it is destroyed.
class ScriptedServer {
 public:
  // Called for each request; returning false closes the connection. From several threads.
  using Script = std::function<bool(Peer&, const std::string& request)>;

  // Port 0 picks a free one.
  explicit ScriptedServer(Script script, const std::string& address = "127.0.0.1", int port = 0);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  std::string url(std::string_view path = "/") const;
  int connections() const { return connections_; }
  std::vector<std::string> requests() const;

 private:
  void accept_all();
  void serve(int fd);

  const Script script_;
  int listener_ = -1;
  int port_ = 0;

  std::atomic<int> connections_ = 0;
  mutable std::mutex mutex_;
  bool stopping_ = false;              // guarded by mutex_
  std::vector<int> open_;              // guarded by mutex_
  std::vector<std::string> requests_;  // guarded by mutex_
  std::vector<std::thread> threads_;   // of accept_all's thread until it is joined
  std::thread acceptor_;
};

// "HTTP/1.1 200 OK" with that body, its length, and further header lines, each ending in CRLF.
std::string ok(std::string_view body, std::string_view header_lines = "");

}  // namespace auditstream::http
