#include "run/wire.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <cctype>
#include <string>
#include <string_view>

namespace auditstream::wire {
namespace {

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lowered;
}

std::string all(std::size_t bytes) { return std::to_string(bytes) + " bytes"; }

}  // namespace

void set_limits(Parser& parser) {
  parser.header_limit(head_bytes_max);
  parser.body_limit(body_bytes_max);
}

ops::HttpRequest request_of(const beast::http::request_header<>& head) {
  ops::HttpRequest request;
  request.method = view(head.method_string());
  ops::read_target(view(head.target()), request);
  for (const auto& field : head)
    request.headers.emplace(lower(view(field.name_string())), view(field.value()));
  return request;
}

std::optional<ops::HttpResponse> flaw_of(const beast::http::request_header<>& head,
                                         const ops::HttpRequest& request) {
  if (request.path.size() > path_bytes_max)
    return ops::error_response(414, "the path is longer than " + all(path_bytes_max));
  if (head.count(beast::http::field::host) > 1)
    return ops::error_response(400, "there is more than one Host");
  // A few bytes can be made to become gigabytes.
  if (head.count(beast::http::field::content_encoding) > 0)
    return ops::error_response(415, "send the body as it is, without Content-Encoding");
  return std::nullopt;
}

std::optional<ops::HttpResponse> refusal_of(const boost::system::error_code& error) {
  if (error.category() != make_error_code(beast::http::error::bad_method).category()) return std::nullopt;
  if (error == beast::http::error::end_of_stream || error == beast::http::error::partial_message)
    return std::nullopt;
  if (error == beast::http::error::header_limit || error == beast::http::error::buffer_overflow)
    return ops::error_response(431, "the head is longer than " + all(head_bytes_max));
  if (error == beast::http::error::body_limit)
    return ops::error_response(413, "the body is longer than " + all(body_bytes_max));
  return ops::error_response(400, "this is no HTTP request that can be understood here: " + error.message());
}

bool waits_to_go_on(const beast::http::request_header<>& head) {
  return lower(view(head[beast::http::field::expect])) == "100-continue";
}

}  // namespace auditstream::wire
