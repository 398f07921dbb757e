#include "config/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "config/findings.h"

namespace auditstream::config {
namespace {

struct HostPort {
  std::string host;  // lower case; an IPv6 address without its brackets
  bool ipv6 = false;
  std::optional<unsigned> port;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_label(std::string_view label) {
  const auto legal = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), legal);
}

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

// A lower-case domain name, of one label or more. A last label of digits would be taken for an IPv4 address.
bool is_domain(std::string_view host) {
  if (host.size() > 253) return false;
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return !std::all_of(label.begin(), label.end(), is_digit);
    host.remove_prefix(dot + 1);
  }
}

bool is_loopback(const HostPort& at) {
  if (at.ipv6) {
    in6_addr address{};
    return ::inet_pton(AF_INET6, at.host.c_str(), &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address);
  }
  return at.host == "localhost" || (is_ipv4(at.host) && at.host.starts_with("127."));
}

std::optional<HostPort> parse_host_port(std::string_view text) {
  HostPort parsed;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    parsed.host = lower(text.substr(1, close - 1));
    parsed.ipv6 = true;
    in6_addr address{};
    if (::inet_pton(AF_INET6, parsed.host.c_str(), &address) != 1) return std::nullopt;
    rest = text.substr(close + 1);
  } else {
    const std::size_t colon = text.find(':');
    parsed.host = lower(text.substr(0, colon));
    if (!is_ipv4(parsed.host) && !is_domain(parsed.host)) return std::nullopt;
    rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (rest.empty()) return parsed;
  unsigned port = 0;
  const char* end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data() + 1, end, port);
  if (rest[0] != ':' || error != std::errc{} || stop != end || port > 65535) return std::nullopt;
  parsed.port = port;
  return parsed;
}

}  // namespace

Result<std::string> parse_origin(std::string_view text) {
  const std::string scheme = lower(text.substr(0, text.find("://")));
  if (text.find("://") == std::string_view::npos || (scheme != "https" && scheme != "http")) {
    return Error{"must start with https://"};
  }
  const std::string_view authority = text.substr(scheme.size() + 3);
  if (authority.find('@') != std::string_view::npos) return Error{"must not hold a user or a password"};
  if (authority.find_first_of("/?#\\") != std::string_view::npos) {
    return Error{"must end after the host and its port: no path, query or trailing slash"};
  }
  const std::optional<HostPort> at = parse_host_port(authority);
  if (!at || at->port == 0u) return Error{"has no valid host[:port] after " + scheme + "://"};
  if (scheme == "http" && !is_loopback(*at)) {
    return Error{"http:// is for loopback addresses only; use https://"};
  }
  std::string origin = scheme + "://" + (at->ipv6 ? "[" + at->host + "]" : at->host);
  if (at->port && *at->port != (scheme == "https" ? 443u : 80u)) origin += ":" + std::to_string(*at->port);
  return origin;
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
  std::string_view authority = text.substr(colon + 3);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    // They mean something in a URL, so that another reader would take a part of the password for the host.
    if (authority.find_first_of("@#?/\\") < at) {
      return Error{
          "must have its user and password percent-encoded: %40 for @, %23 for #, %2F for /, %3F for ?"};
    }
    authority.remove_prefix(at + 1);
  }
  if (!parse_host_port(authority)) return Error{"has no valid host[:port] after " + scheme + "://"};
  return success();
}

}  // namespace auditstream::config
