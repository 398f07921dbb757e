// Parses URLs and hosts, in the same way for the config, the HTTP client, the HTTP server and the vendors'
// links. Opens no socket and resolves no name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditstream {

// ASCII only: for hosts, schemes and header names, whose case doesn't matter.
std::string lower(std::string_view text);

// The parts of "HTTPS://Host:8083/path?query".
struct UrlParts {
  std::string scheme;          // "https", in lower case; "" if the URL is relative
  std::string_view authority;  // "Host:8083"
  std::string_view rest;       // "/path?query"
};
UrlParts split_url(std::string_view url);

// The parts of "example:8083" or "[::1]:8083", valid or not.
struct Authority {
  std::string_view host;  // an IPv6 address with its brackets
  std::optional<std::string_view> port;
};
Authority split_authority(std::string_view authority);

// A valid host: a domain name of one or more labels, or an IP address.
struct HostPort {
  std::string host;  // in lower case; an IPv6 address without its brackets
  bool ipv6 = false;
  std::optional<unsigned> port;  // 0 to 65535

  std::string text() const;  // "example:8083", "[::1]"
};
// "host" or "host:port"; nothing for anything else.
std::optional<HostPort> parse_host_port(std::string_view text);

// `host` is in lower case. No domain has a last label of digits: it would be taken for an IPv4 address.
bool is_domain(std::string_view host);

// Whether the host of a HostPort is this machine.
bool is_loopback(std::string_view host);

// Whether the user or password in a URL contains characters with a meaning in URLs, so that another program
// would take a part of it for the host.
bool has_ambiguous_user(std::string_view url);

// Encodes everything but RFC 3986's unreserved characters, and those that are `kept`, as %XX: for a value in a
// path, a query or a form.
std::string percent_encode(std::string_view text, std::string_view kept = "");

// "%41" becomes "A"; invalid escapes stay as they are.
std::string percent_decode(std::string_view text);

// The decoded parameters of "a=1&b=%20+"; a '+' is a space.
std::vector<std::pair<std::string, std::string>> read_query(std::string_view query);

}  // namespace auditstream
