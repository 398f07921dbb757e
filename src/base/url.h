// URLs and hosts, taken apart in one way for the config, the HTTP client, the HTTP server and the links of
// vendors. Opens no socket and resolves no name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditstream {

// ASCII only: the case of hosts, schemes and header names.
std::string lower(std::string_view text);

// "HTTPS://Host:8083/path?query" in its parts.
struct UrlParts {
  std::string scheme;          // "https", in lower case; "" where the URL is relative
  std::string_view authority;  // "Host:8083"
  std::string_view rest;       // "/path?query"
};
UrlParts split_url(std::string_view url);

// "example:8083" and "[::1]:8083" in their parts. Says nothing of whether they are valid.
struct Authority {
  std::string_view host;  // an IPv6 address with its brackets
  std::optional<std::string_view> port;
};
Authority split_authority(std::string_view authority);

// A valid host: a domain name of one label or more, or an address.
struct HostPort {
  std::string host;  // in lower case; an IPv6 address without its brackets
  bool ipv6 = false;
  std::optional<unsigned> port;  // 0 to 65535

  std::string text() const;  // "example:8083", "[::1]"
};
// "host" or "host:port"; nothing for what is neither.
std::optional<HostPort> parse_host_port(std::string_view text);

// In lower case. A last label of digits would be taken for an IPv4 address.
bool is_domain(std::string_view host);

// Whether the host of a HostPort is this machine.
bool is_loopback(std::string_view host);

// Whether the user or the password of a URL holds what means something in URLs, so that another reader takes
// a part of it for the host.
bool has_ambiguous_user(std::string_view url);

// "%41" is "A"; what is no such escape stays as it is.
std::string percent_decode(std::string_view text);

// The parameters of "a=1&b=%20+", decoded; a '+' is a blank.
std::vector<std::pair<std::string, std::string>> read_query(std::string_view query);

}  // namespace auditstream
