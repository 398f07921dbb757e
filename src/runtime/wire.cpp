#include "runtime/wire.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/url.h"

namespace auditstream::runtime::wire {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t room_bytes = 4096;
// Beast assumes that it sees a last chunk only when it can be complete: "0" and two line ends.
constexpr std::size_t chunk_bytes_min = 5;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::string all(std::size_t bytes) { return std::to_string(bytes) + " bytes"; }

admin::HttpRequest request_of(const http::request_header<>& head) {
  admin::HttpRequest request;
  request.method = view(head.method_string());
  admin::read_target(view(head.target()), request);
  for (const auto& field : head)
    request.headers.emplace(lower(view(field.name_string())), view(field.value()));
  return request;
}

std::optional<admin::HttpResponse> flaw_of(const http::request_header<>& head,
                                           const admin::HttpRequest& request) {
  if (request.path.size() > path_bytes_max)
    return admin::error_response(414, "the path is longer than " + all(path_bytes_max));
  if (head.count(http::field::host) > 1) return admin::error_response(400, "there is more than one Host");
  // A few compressed bytes can expand to gigabytes.
  if (head.count(http::field::content_encoding) > 0)
    return admin::error_response(415, "send the body as it is, without Content-Encoding");
  return std::nullopt;
}

admin::HttpResponse head_too_long() {
  return admin::error_response(431, "the head is longer than " + all(head_bytes_max));
}

admin::HttpResponse body_too_long() {
  return admin::error_response(413, "the body is longer than " + all(body_bytes_max));
}

admin::HttpResponse refusal_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit) return head_too_long();
  if (error == http::error::body_limit) return body_too_long();
  return admin::error_response(400,
                               "this is no HTTP request that can be understood here: " + error.message());
}

}  // namespace

Reader::Reader() : buffer_(head_bytes_max + room_bytes) {
  parser_.header_limit(head_bytes_max);
  parser_.body_limit(body_bytes_max);
}

boost::asio::mutable_buffer Reader::room() {
  return buffer_.prepare(std::min(room_bytes, buffer_.max_size() - buffer_.size()));
}

void Reader::came(std::size_t bytes) {
  buffer_.commit(bytes);
  bytes_ += bytes;
  ended_ = ended_ || bytes == 0;
}

Reader::State Reader::read_head() {
  const State state = parse(true);
  if (state != State::done) return state;
  // The parser's own limit applies only to what it could not parse yet.
  if (bytes_ - buffer_.size() > head_bytes_max) return refuse(head_too_long());
  request_ = request_of(parser_.get());
  std::optional<admin::HttpResponse> flaw = flaw_of(parser_.get(), request_);
  return flaw ? refuse(std::move(flaw)) : State::done;
}

Reader::State Reader::read_body() {
  const State state = parse(false);
  if (state == State::done) request_.body = std::move(parser_.get().body());
  return state;
}

Reader::State Reader::parse(bool head) {
  while (!(head ? parser_.is_header_done() : parser_.is_done())) {
    const bool too_little = !head && parser_.chunked() && buffer_.size() < chunk_bytes_min;
    if (buffer_.size() > 0 && !too_little) {
      boost::system::error_code error;
      buffer_.consume(parser_.put(buffer_.data(), error));
      if (!error) continue;
      if (error != http::error::need_more) return refuse(refusal_of(error));
    }
    if (head && bytes_ > head_bytes_max) return refuse(head_too_long());
    if (buffer_.size() == buffer_.max_size()) return refuse(body_too_long());
    return ended_ ? refuse(std::nullopt) : State::hungry;
  }
  return State::done;
}

Reader::State Reader::refuse(std::optional<admin::HttpResponse> refusal) {
  refusal_ = std::move(refusal);
  return State::refused;
}

bool Reader::waits_to_go_on() const {
  return lower(view(parser_.get()[http::field::expect])) == "100-continue";
}

}  // namespace auditstream::runtime::wire
