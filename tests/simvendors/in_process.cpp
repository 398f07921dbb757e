#include "simvendors/in_process.h"

#include <algorithm>
#include <cctype>

namespace auditstream::sim {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

http::Response failure(http::Transport transport, const char* detail, Duration latency) {
  http::Response response;
  response.transport = transport;
  response.transport_detail = detail;
  response.latency = latency;
  return response;
}

}  // namespace

test::Request to_request(const http::Request& request) {
  test::Request out;
  out.method = request.method == http::Method::get ? "GET" : "POST";
  const std::size_t host = request.url.find("://") + 3;
  const std::size_t path = std::min(request.url.find('/', host), request.url.size());
  out.origin = request.url.substr(0, path);
  out.target = path == request.url.size() ? "/" : request.url.substr(path);
  for (const http::Header& header : request.headers)
    out.headers.push_back({lower(header.name), header.value});
  out.body = request.body;
  return out;
}

http::Response to_response(const test::Reply& reply, std::size_t body_bytes_max, Duration timeout) {
  if (reply.delay >= timeout) return failure(http::Transport::timeout, "timed out", timeout);
  switch (reply.fate) {
    case test::Fate::reset_at_once:
    case test::Fate::reset_midway:
      return failure(http::Transport::reset, "connection reset", reply.delay);
    case test::Fate::cut_short:
      return failure(http::Transport::reset, "transfer closed with bytes remaining", reply.delay);
    case test::Fate::endless:
      return failure(http::Transport::too_large, "too many bytes", reply.delay);
    case test::Fate::complete:
    case test::Fate::chunked:
      break;
  }
  if (reply.body->size() > body_bytes_max)
    return failure(http::Transport::too_large, "too many bytes", reply.delay);
  http::Response response;
  response.status = reply.status;
  response.body = reply.body;
  for (const http::Header& header : reply.headers)
    response.headers.push_back({lower(header.name), header.value});
  response.latency = reply.delay;
  return response;
}

}  // namespace auditstream::sim
