// The HTTP client over real sockets: libcurl's multi interface behind http::Client. Knows no vendor and
// decides nothing: it neither retries nor follows redirects.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "auditstream/http.h"
#include "auditstream/time.h"
#include "http/body_pool.h"
#include "http/ca_files.h"

namespace auditstream::http {

class CurlClient final : public Client {
 public:
  struct Limits {
    std::size_t response_bytes_max = 64 << 20;  // after decompression, so a decompression bomb counts in full
    // Exchanges in flight, and so connections; also how many stay open in between. Other requests wait in
    // line, where their timeout does not run.
    std::size_t connections_max = 256;
    std::size_t connections_per_host_max = 32;  // host and port
    Duration connect_timeout = 10s;
    Duration trickle_max = 30s;  // a body slower than 64 bytes/s for so long is given up
    // Vendors move and certificates are renewed, so nothing is reused for longer.
    Duration lifetime_max = 5min;     // of an idle connection, and of the system's CAs
    Duration address_lifetime = 60s;  // of a resolved name; after a failure it is resolved again
  };

  CurlClient(Limits limits, std::string user_agent);
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  // The id must not be in flight. A POST without a Content-Type is sent as application/json.
  void send(RequestId id, Request request) override;
  void cancel(RequestId id) override;

  // Transfers data until something finishes, wake() is called or the timeout is over, and returns what has
  // finished. May return early with nothing.
  std::vector<std::pair<RequestId, Response>> wait(Duration timeout);

  // Makes the current wait() return, or the next one if none is running. From any thread.
  void wake();

 private:
  struct Transfer;

  // A host and port, and the requests to it.
  struct Origin {
    std::size_t running = 0;
    std::deque<Transfer*> waiting;
    bool in_line = false;
  };

  void line_up(Origin& origin);
  void start_waiting();
  void collect_finished();
  void release(std::unique_ptr<Transfer> transfer);
  std::unique_ptr<Transfer> take_transfer();
  void configure(Transfer& transfer, std::string_view scheme, std::string_view host);
  void fail_early(RequestId id, Transport transport, std::string detail);

  const Limits limits_;
  const std::string user_agent_;
  const std::string ca_bundle_;  // of the system; empty if libcurl was built without one

  void* const multi_;  // CURLM
  const std::shared_ptr<BodyPool> bodies_ = std::make_shared<BodyPool>();
  CaFiles ca_files_;

  std::size_t running_ = 0;
  std::unordered_map<RequestId, std::unique_ptr<Transfer>> transfers_;
  std::unordered_map<std::string, Origin> origins_;  // only those with requests
  std::unordered_set<std::string> unreached_;        // origins whose last exchange failed
  std::deque<Origin*> line_;                         // origins that may start one more, each once
  std::vector<std::unique_ptr<Transfer>> idle_;      // as many as were in flight at once
  std::vector<std::pair<RequestId, Response>> finished_;
};

}  // namespace auditstream::http
