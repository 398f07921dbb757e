#include "config/endpoint.h"

#include <optional>

#include "base/url.h"
#include "config/findings.h"

namespace auditstream::config {

Result<std::string> parse_origin(std::string_view text) {
  const auto [scheme, authority, rest] = split_url(text);
  if (scheme != "https" && scheme != "http") return Error{"must start with https://"};
  if (text.find('@') != std::string_view::npos) return Error{"must not hold a user or a password"};
  if (!rest.empty()) return Error{"must end after the host and its port: no path, query or trailing slash"};
  std::optional<HostPort> at = parse_host_port(authority);
  if (!at || at->port == 0u) return Error{"has no valid host[:port] after " + scheme + "://"};
  if (scheme == "http" && !is_loopback(at->host))
    return Error{"http:// is for loopback addresses only; use https://"};
  if (at->port == (scheme == "https" ? 443u : 80u)) at->port.reset();
  return scheme + "://" + at->text();
}

Result<std::string> parse_domain(std::string_view text) {
  if (text.find("://") != std::string_view::npos) {
    return Error{in_quotes(text) + " is not a domain name: leave the scheme (https://) out"};
  }
  if (text.find('/') != std::string_view::npos) {
    return Error{in_quotes(text) + " is not a domain name: leave out everything from the slash on"};
  }
  std::string host = lower(text);
  if (!is_domain(host)) return Error{in_quotes(text) + " is not a valid domain name"};
  return host;
}

Status check_host(std::string_view text) {
  if (parse_host_port(text)) return success();
  return Error{in_quotes(text) + " is not a host name"};
}

Status check_listen(std::string_view text) {
  const std::optional<HostPort> at = parse_host_port(text);
  if (at && at->port) return success();
  return Error{in_quotes(text) + " is neither host:port, such as 127.0.0.1:8083, nor off"};
}

Status check_proxy(std::string_view text) {
  const std::size_t colon = text.find("://");
  const std::string scheme = lower(text.substr(0, colon));
  if (colon == std::string_view::npos ||
      (scheme != "http" && scheme != "https" && scheme != "socks5" && scheme != "socks5h")) {
    return Error{"must start with http://, https://, socks5:// or socks5h://"};
  }
  // Other programs would take a part of the password for the host.
  if (has_ambiguous_user(text)) {
    return Error{
        "must have its user and password percent-encoded: %40 for @, %23 for #, %2F for /, %3F for ?"};
  }
  const std::size_t at = text.rfind('@');
  const std::string_view authority = text.substr(at == std::string_view::npos ? colon + 3 : at + 1);
  if (!parse_host_port(authority)) return Error{"has no valid host[:port] after " + scheme + "://"};
  return success();
}

}  // namespace auditstream::config
