#include "admin/access_policy.h"

#include <algorithm>
#include <string_view>

#include "base/url.h"

namespace auditstream::admin {
namespace {

std::string_view header(const HttpRequest& request, std::string_view name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string_view{} : std::string_view{found->second};
}

bool same_host(std::string_view a, std::string_view b) { return lower(a) == lower(b); }

// An IP address, or a name without a dot: no attacker's DNS server can make these point here.
bool is_nobodys_domain(std::string_view host) {
  if (host.empty() || host.starts_with('[') || host.find('.') == std::string_view::npos) return !host.empty();
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_known(std::string_view authority, const AccessPolicy& policy) {
  const std::string_view host = split_authority(authority).host;
  const auto is_it = [&](std::string_view known) {
    return same_host(host, known) || same_host(authority, known);
  };
  if (is_it("localhost") || is_it("127.0.0.1") || is_it("[::1]")) return true;
  if (std::ranges::any_of(policy.hosts, is_it)) return true;
  return is_it(split_authority(policy.listen).host) || (!policy.loopback && is_nobodys_domain(host));
}

// Constant time for wrong secrets of the same length.
bool same_secret(std::string_view given, std::string_view secret) {
  if (given.size() != secret.size() || secret.empty()) return false;
  unsigned differences = 0;
  for (std::size_t i = 0; i < secret.size(); ++i)
    differences |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(secret[i]);
  return differences == 0;
}

bool is_for_machines(const std::string& path) {
  return path == "/livez" || path == "/readyz" || path == "/metrics";
}

}  // namespace

std::optional<HttpResponse> refuse_access(const HttpRequest& request, const AccessPolicy& policy) {
  const std::string_view host = header(request, "host");
  if (!is_known(host, policy) && !is_for_machines(request.path)) {
    return error_response(403, "the Host \"" + std::string(host) +
                                   "\" is not known here; to accept it, add it to http.hosts in the config");
  }
  if (request.headers.contains("origin")) {
    const std::string_view origin = header(request, "origin");
    const UrlParts parts = split_url(origin);
    if (parts.scheme.empty() || !parts.rest.empty() || !same_host(parts.authority, host)) {
      return error_response(
          403, "the Origin \"" + std::string(origin) + "\" is foreign: pages of another site may not ask");
    }
  }
  const bool changes = request.method != "GET" && request.method != "HEAD";
  if (!changes || policy.loopback) return std::nullopt;
  if (policy.token.empty()) {
    return error_response(
        403,
        "changes are accepted on a loopback listener, or with a token: set http.token in the "
        "config and send Authorization: Bearer TOKEN");
  }
  constexpr std::string_view bearer = "Bearer ";
  const std::string_view authorization = header(request, "authorization");
  if (authorization.starts_with(bearer) &&
      same_secret(authorization.substr(bearer.size()), policy.token.reveal())) {
    return std::nullopt;
  }
  HttpResponse refused =
      error_response(401, "send Authorization: Bearer TOKEN, with the token of http.token");
  refused.headers.emplace_back("WWW-Authenticate", "Bearer");
  return refused;
}

}  // namespace auditstream::admin
