// One HTTP exchange as values: what a client asked and what it shall get, including answers that are broken
// on purpose. Shared by the socket server and by models that answer in process; knows no socket and no clock.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/http.h"

namespace auditstream::test {

struct Request {
  std::string method = "GET";
  std::string origin;                 // "http://127.0.0.1:8080", as the client addresses us
  std::string target;                 // path and query exactly as sent
  std::vector<http::Header> headers;  // names in lower case
  std::string body;

  std::string_view path() const;
  std::string_view query() const;  // without '?'
  std::optional<std::string_view> header(std::string_view name) const;
};

// How the answer ends on the wire.
enum class Fate {
  complete,       // with Content-Length
  chunked,        // complete, in chunks
  reset_at_once,  // RST instead of an answer
  reset_midway,   // RST after half of the body
  cut_short,      // Content-Length of the whole, half of the body, orderly close
  endless,        // chunks of the body again and again until the client leaves
};

struct Reply {
  int status = 200;
  std::vector<http::Header>
      headers;  // Content-Length and (unless given) Date are added by the server; with Connection it closes
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>();
  Duration delay{0};  // before the first byte; other connections are served meanwhile
  Fate fate = Fate::complete;
  bool gzip = false;  // compress where the client accepts it
};

// A JSON answer.
Reply json_reply(int status, std::string body);

// The bytes behind percent-encoding and '+'; nothing where a '%' is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(Time time);

}  // namespace auditstream::test
