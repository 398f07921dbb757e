// HTTP as the decisions see it: values for requests and responses, and the client that carries them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auditstream/time.h"

namespace auditstream::http {

enum class Method { get, post, put };

// How to reach an origin. Empty fields mean the system's CA store and the environment's proxy.
struct Route {
  std::string ca_file;
  std::string proxy;
  friend bool operator==(const Route&, const Route&) = default;
};

struct Header {
  std::string name;
  std::string value;
};

// A request to be sent. Header values and the body may hold secrets: never print them, nor the query of a URL
// on a foreign host (it may be presigned).
struct Request {
  Method method = Method::get;
  std::string url;  // absolute, percent-encoded
  std::vector<Header> headers;
  std::string body;
  Duration timeout = 60s;  // for the whole exchange
  std::shared_ptr<const Route> route;
};

// Why there was no HTTP response. `none` means that there was one.
enum class Transport {
  none,
  dns,        // the host has no address
  connect,    // refused, unreachable
  tls,        // certificate or handshake
  timeout,    // connect, first byte or whole exchange
  reset,      // closed, truncated (Content-Length or chunk not complete), HTTP garbage
  too_large,  // more decoded bytes than allowed
  encoding,   // a Content-Encoding that can't be decoded; with an error's status there is an answer instead,
              // without body
  proxy,      // the proxy is unreachable or refuses
};

// Why there was no secure connection, as far as it is about a certificate.
enum class CertificateFault {
  none,       // it is about something else, or is not known
  authority,  // signed by nobody who is trusted
  name,       // of another host
  expired,
  not_yet_valid,
  ours,  // the server wants a certificate of the client's, which it has not got or doesn't take
  other,
};

struct Response {
  Transport transport = Transport::none;
  CertificateFault certificate = CertificateFault::none;  // none unless transport is tls
  std::string transport_detail;  // curl's message, without secrets; empty if transport is none
  int status = 0;                // 0 unless transport is none
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>();
  // Names in lower case, in order of arrival.
  std::vector<Header> headers;
  Duration latency{0};  // from sending to the last byte

  // The first header of that (lower-case) name, or nothing.
  std::optional<std::string_view> header(std::string_view name) const {
    for (const Header& h : headers) {
      if (h.name == name) return h.value;
    }
    return std::nullopt;
  }
};

// Identifies a request in flight; chosen by the caller, unique within one client.
using RequestId = std::uint64_t;

// Sends requests and later delivers their responses, each exactly once unless cancelled. Follows no
// redirects. For one thread.
class Client {
 public:
  virtual ~Client() = default;
  // Never blocks, and never delivers a response before it returns.
  virtual void send(RequestId id, Request request) = 0;
  // Forgets a request; its response will not be delivered. Unknown ids are ignored.
  virtual void cancel(RequestId id) = 0;
};

}  // namespace auditstream::http
