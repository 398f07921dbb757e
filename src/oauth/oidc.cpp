// Sources: RFC 6749 2.3.1, 4.4 and 5 (client credentials), RFC 7519 4.1 (claims).
#include "oauth/oidc.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "auditstream/check.h"
#include "auditstream/json.h"
#include "base/base64.h"
#include "base/blot_out.h"
#include "base/printable.h"
#include "base/url.h"
#include "oauth/no_answer.h"

namespace auditstream::oauth {
namespace {

constexpr std::size_t excerpt_max = 200;
constexpr std::string_view url_property = "kafka.sasl.oauthbearer.token.endpoint.url";

// What is between the dots of a JWT, decoded; nothing if the token is of another kind.
std::optional<std::string> claims_of(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return from_base64url(token.substr(first + 1, second - first - 1));
}

// Whole seconds of a number such as 300, 1.7e9 or "300".
std::optional<std::chrono::seconds> seconds_at(std::string_view json, std::string_view pointer) {
  const std::optional<std::string> text = json::scalar_at(json, pointer);
  double value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{})
    return std::nullopt;
  constexpr double most = 1e11;  // the year 5138
  if (!(value > 0) || value > most) return std::nullopt;
  return std::chrono::seconds(static_cast<std::int64_t>(value));
}

// A claim may be called https://example/user.
std::string pointer_to(const std::string& claim) {
  std::string pointer = "/";
  for (const char c : claim) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

// ": invalid_client (Client authentication failed)", or "".
std::string said(const std::string& body, const std::string& secret) {
  const std::string code = json::scalar_at(body, "/error").value_or("");
  const std::string words = json::scalar_at(body, "/error_description").value_or("");
  if (code.empty()) return "";
  std::string quoted = code + (words.empty() ? "" : " (" + words + ")");
  blot_out(quoted, secret);
  return ": " + bounded(printable(quoted), excerpt_max);
}

Error refused(const Oidc& oidc, const http::Response& response) {
  const std::string what = std::string(url_property) + ": " + oidc.endpoint + " answered " +
                           std::to_string(response.status) + said(*response.body, oidc.client_secret);
  switch (response.status) {
    case 400:
    case 401:
    case 403:
      return {what +
                  "; check kafka.sasl.oauthbearer.client.id, kafka.sasl.oauthbearer.client.secret and "
                  "kafka.sasl.oauthbearer.scope",
              ErrorKind::misconfigured};
    case 408:
    case 429:
      return {what};
    default:
      if (response.status >= 500) return {what};
      return {what + "; check this URL", ErrorKind::misconfigured};
  }
}

std::string certificate_remedy(http::CertificateFault fault) {
  switch (fault) {
    case http::CertificateFault::authority:
      return "set kafka.https.ca.location to the CA that has signed it, or check the URL";
    case http::CertificateFault::name:
      return "check the URL: another server answers";
    case http::CertificateFault::expired:
      return "the provider has to renew it, or this machine's clock is wrong (NTP)";
    case http::CertificateFault::not_yet_valid:
      return "this machine's clock is wrong (NTP), or the provider has put it in place too early";
    case http::CertificateFault::ours:
      return "auditstream has none for a provider: check the URL";
    case http::CertificateFault::none:
    case http::CertificateFault::other:
      return "check kafka.https.ca.location and the URL";
  }
  AS_CHECK(false);
}

}  // namespace

// librdkafka, too, sends id and secret as they are, though RFC 6749 would have them encoded.
http::Request token_request(const Oidc& oidc) {
  http::Request request;
  request.method = http::Method::post;
  request.url = oidc.endpoint;
  request.headers = {{"Accept", "application/json"},
                     {"Authorization", "Basic " + base64(oidc.client_id + ":" + oidc.client_secret)},
                     {"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = "grant_type=client_credentials";
  if (!oidc.scope.empty()) request.body += "&scope=" + percent_encode(oidc.scope);
  request.timeout = 20s;
  request.route = std::make_shared<const http::Route>(http::Route{oidc.ca_file, ""});
  return request;
}

Result<Token> read_token(const Oidc& oidc, const http::Response& response, Time now) {
  if (response.transport == http::Transport::tls) {
    return Error{std::string(url_property) + ": " + oidc.endpoint + ": " +
                     no_answer(response, oidc.client_secret) + "; " +
                     certificate_remedy(response.certificate),
                 ErrorKind::uncertain};
  }
  if (response.transport != http::Transport::none)
    return Error{std::string(url_property) + ": " + oidc.endpoint + ": " +
                 no_answer(response, oidc.client_secret)};
  if (response.status != 200) return refused(oidc, response);
  const std::string& body = *response.body;
  Token token;
  token.value = json::scalar_at(body, "/access_token").value_or("");
  if (token.value.empty()) {
    return Error{std::string(url_property) + ": " + oidc.endpoint +
                     " answered 200 without an access_token; check this URL",
                 ErrorKind::misconfigured};
  }
  // The broker goes by the token's own claim.
  const std::string claims = claims_of(token.value).value_or("");
  if (const auto expires = seconds_at(claims, "/exp")) {
    token.expires = Time{*expires};
  } else if (const auto lifetime = seconds_at(body, "/expires_in")) {
    token.expires = now + *lifetime;
  } else {
    return Error{std::string(url_property) + ": " + oidc.endpoint +
                     " gives tokens that don't say when they expire (neither exp nor expires_in)",
                 ErrorKind::misconfigured};
  }
  if (token.expires <= now) {
    return Error{std::string(url_property) + ": " + oidc.endpoint + " gives tokens that have expired at " +
                     format_rfc3339(token.expires) + ": its clock or this machine's is wrong (NTP)",
                 ErrorKind::uncertain};
  }
  token.principal = json::scalar_at(claims, pointer_to(oidc.principal_claim)).value_or(oidc.client_id);
  token.extensions = oidc.extensions;
  return token;
}

}  // namespace auditstream::oauth
