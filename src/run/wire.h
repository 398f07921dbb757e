// Wire: how a request is read from the bytes of a connection, HTTP/1.1 by Boost.Beast, and what of it is
// refused whoever sends it. Knows no socket.
#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <optional>

#include "ops/api.h"

namespace auditstream::wire {

namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::string_body>;

inline constexpr std::size_t head_bytes_max = 16384;  // request line and headers; else 431
inline constexpr std::size_t path_bytes_max = 1024;   // else 414
inline constexpr std::size_t body_bytes_max = 65536;  // else 413
inline constexpr std::size_t buffer_bytes_max = head_bytes_max + 4096;

void set_limits(Parser& parser);

// Without its body.
ops::HttpRequest request_of(const beast::http::request_header<>& head);

std::optional<ops::HttpResponse> flaw_of(const beast::http::request_header<>& head,
                                         const ops::HttpRequest& request);

// What the parser has refused; nothing where nobody is there to be told.
std::optional<ops::HttpResponse> refusal_of(const boost::system::error_code& error);

// Whether the client sends its body only when it has been told to go on.
bool waits_to_go_on(const beast::http::request_header<>& head);

}  // namespace auditstream::wire
