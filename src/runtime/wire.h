// Wire: one request as it comes out of a connection, HTTP/1.1 by Boost.Beast's parser, within our limits and
// whoever sends it. Knows no socket.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <optional>

#include "admin/api.h"

namespace auditstream::runtime::wire {

inline constexpr std::size_t head_bytes_max = 16384;  // request line and headers; else 431
inline constexpr std::size_t path_bytes_max = 1024;   // else 414
inline constexpr std::size_t body_bytes_max = 65536;  // else 413

// How the network cuts the bytes makes no difference.
class Reader {
 public:
  enum class State { hungry, done, refused };

  Reader();

  // Where the next bytes belong; never empty while it is hungry.
  boost::asio::mutable_buffer room();
  // So many of them have come; 0: none will come any more.
  void came(std::size_t bytes);

  // How far the bytes are that have come. Done: the request is there, without its body.
  State read_head();
  // After the head: the body is there, too.
  State read_body();

  // The client sends its body only when it has been told to go on.
  bool waits_to_go_on() const;

  // As far as it is done.
  admin::HttpRequest& request() { return request_; }
  // Where it is refused; nothing where nobody is there to be told.
  std::optional<admin::HttpResponse>& refusal() { return refusal_; }

 private:
  State parse(bool head);
  State refuse(std::optional<admin::HttpResponse> refusal);

  boost::beast::flat_buffer buffer_;
  boost::beast::http::request_parser<boost::beast::http::string_body> parser_;
  std::size_t bytes_ = 0;  // that have come
  bool ended_ = false;
  admin::HttpRequest request_;
  std::optional<admin::HttpResponse> refusal_;
};

}  // namespace auditstream::runtime::wire
