// Wire: parses one request from the bytes of a connection: HTTP/1.1 by Boost.Beast's parser, within our
// limits, whoever sends it. Knows no socket.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <optional>

#include "admin/http_message.h"

namespace auditstream::runtime::wire {

inline constexpr std::size_t head_bytes_max = 16384;  // request line and headers; else 431
inline constexpr std::size_t path_bytes_max = 1024;   // else 414
inline constexpr std::size_t body_bytes_max = 65536;  // else 413

// It makes no difference how the network splits the bytes.
class Reader {
 public:
  enum class State { hungry, done, refused };

  Reader();

  // Where to put the next bytes; never empty while the state is hungry.
  boost::asio::mutable_buffer room();
  // So many bytes were put there; 0: the client has closed its side.
  void came(std::size_t bytes);

  // Parses the head. Done: request() is valid, without its body.
  State read_head();
  // After the head: parses the body.
  State read_body();

  // Whether the client waits for "100 Continue" before it sends the body.
  bool waits_to_go_on() const;

  // The part of the request that has been parsed.
  admin::HttpRequest& request() { return request_; }
  // If refused: the response; nothing if the client is gone.
  std::optional<admin::HttpResponse>& refusal() { return refusal_; }

 private:
  State parse(bool head);
  State refuse(std::optional<admin::HttpResponse> refusal);

  boost::beast::flat_buffer buffer_;
  boost::beast::http::request_parser<boost::beast::http::string_body> parser_;
  std::size_t bytes_ = 0;  // received so far
  bool ended_ = false;
  admin::HttpRequest request_;
  std::optional<admin::HttpResponse> refusal_;
};

}  // namespace auditstream::runtime::wire
