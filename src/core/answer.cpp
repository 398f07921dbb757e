#include "core/answer.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/blot_out.h"

namespace auditstream::core {
namespace {

// No vendor documents one; these are the names that gateways and frameworks use.
std::string request_id(const http::Response& response) {
  for (const char* name : {"x-request-id", "x-correlation-id", "x-amzn-requestid", "cf-ray"}) {
    const std::optional<std::string_view> id = response.header(name);
    const bool readable = id && !id->empty() && id->size() <= 128 &&
                          std::ranges::all_of(*id, [](char c) { return c > ' ' && c < 0x7f; });
    if (readable) return std::string(*id);
  }
  return "";
}

// Only a refusal quotes the response, so a refused response is read again with the secrets blotted out.
template <typename Read>
auto read_quotably(const http::Response& response, const Secrets& secrets, const std::optional<Token>& token,
                   const Read& read) {
  auto answer = read(response);
  if (!std::holds_alternative<Refusal>(answer)) return answer;
  std::get<Refusal>(answer).request_id = request_id(response);
  http::Response blotted = response;
  std::string body = *response.body;
  bool echoed = false;
  const auto blot = [&](const Secret& secret) {
    const auto blot_here = [&](std::string& text) { echoed = blot_out(text, secret.reveal()) || echoed; };
    blot_here(body);
    blot_here(blotted.transport_detail);
    for (http::Header& header : blotted.headers) blot_here(header.value);
  };
  for (const auto& [name, secret] : secrets) blot(secret);
  if (token) blot(token->value);
  if (!echoed) return answer;
  blotted.body = std::make_shared<const std::string>(std::move(body));
  answer = read(blotted);
  if (Refusal* refusal = std::get_if<Refusal>(&answer)) refusal->request_id = request_id(blotted);
  return answer;
}

}  // namespace

Answer read_answer(const Vendor& vendor, const Source& source, const Secrets& secrets,
                   const std::optional<Token>& token, const PageRequest& ask,
                   const http::Response& response) {
  return read_quotably(response, secrets, token,
                       [&](const http::Response& quotable) { return vendor.read(source, ask, quotable); });
}

std::variant<Token, Refusal> read_token(const Vendor& vendor, const Source& source, const Secrets& secrets,
                                        const http::Response& response, Time now) {
  return read_quotably(response, secrets, std::nullopt, [&](const http::Response& quotable) {
    return vendor.read_token(source, quotable, now);
  });
}

}  // namespace auditstream::core
