#include "oauth/no_answer.h"

#include "auditstream/check.h"
#include "base/blot_out.h"
#include "base/certificate.h"
#include "base/printable.h"

namespace auditstream::oauth {
namespace {

std::string words(const http::Response& response) {
  switch (response.transport) {
    case http::Transport::none:
      break;
    case http::Transport::dns:
      return "the host has no address";
    case http::Transport::connect:
      return "no connection";
    case http::Transport::tls:
      return "no secure connection: " + std::string(certificate_words(response.certificate));
    case http::Transport::timeout:
      return "no answer in time";
    case http::Transport::reset:
    case http::Transport::too_large:
    case http::Transport::encoding:
      return "no complete answer";
    case http::Transport::proxy:
      return "no way through the proxy";
  }
  AS_CHECK(false);
}

}  // namespace

std::string no_answer(const http::Response& response, std::string_view secret) {
  std::string detail = response.transport_detail;
  blot_out(detail, secret);
  return words(response) + (detail.empty() ? "" : " (" + printable(detail) + ")");
}

}  // namespace auditstream::oauth
