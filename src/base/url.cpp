#include "base/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace auditstream {
namespace {

bool is_decimal(char c) { return c >= '0' && c <= '9'; }

bool is_label(std::string_view label) {
  const auto legal = [](char c) { return (c >= 'a' && c <= 'z') || is_decimal(c) || c == '-'; };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), legal);
}

template <class Address>
std::optional<Address> address_in(int family, std::string_view text) {
  Address address{};
  // inet_pton would stop at a NUL.
  const bool whole = text.find('\0') == std::string_view::npos;
  const bool valid = whole && ::inet_pton(family, std::string(text).c_str(), &address) == 1;
  return valid ? std::optional(address) : std::nullopt;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lowered;
}

UrlParts split_url(std::string_view url) {
  const std::size_t mark = url.find("://");
  if (mark == std::string_view::npos || url.find_first_of("/?#") < mark) return {"", "", url};
  const std::size_t begin = mark + 3;
  const std::size_t end = std::min(url.find_first_of("/?#\\", begin), url.size());
  return {lower(url.substr(0, mark)), url.substr(begin, end - begin), url.substr(end)};
}

Authority split_authority(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket))
    return {authority, std::nullopt};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

std::string HostPort::text() const {
  return (ipv6 ? "[" + host + "]" : host) + (port ? ":" + std::to_string(*port) : "");
}

std::optional<HostPort> parse_host_port(std::string_view text) {
  const auto [host, port] = split_authority(text);
  HostPort parsed{lower(host), host.starts_with('['), std::nullopt};
  if (parsed.ipv6) {
    if (!host.ends_with(']')) return std::nullopt;
    parsed.host = parsed.host.substr(1, host.size() - 2);
    if (!address_in<in6_addr>(AF_INET6, parsed.host)) return std::nullopt;
  } else if (!address_in<in_addr>(AF_INET, parsed.host) && !is_domain(parsed.host)) {
    return std::nullopt;
  }
  if (!port) return parsed;
  const char* const end = port->data() + port->size();
  const auto [stop, error] = std::from_chars(port->data(), end, parsed.port.emplace());
  if (error != std::errc{} || stop != end || *parsed.port > 65535) return std::nullopt;
  return parsed;
}

bool is_domain(std::string_view host) {
  if (host.size() > 253) return false;
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return !std::all_of(label.begin(), label.end(), is_decimal);
    host.remove_prefix(dot + 1);
  }
}

bool is_loopback(std::string_view host) {
  if (const auto six = address_in<in6_addr>(AF_INET6, host)) return IN6_IS_ADDR_LOOPBACK(&*six);
  if (const auto four = address_in<in_addr>(AF_INET, host))
    return ntohl(four->s_addr) >> 24 == IN_LOOPBACKNET;
  return host == "localhost";
}

bool has_ambiguous_user(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  const std::size_t at = url.rfind('@');
  return at != std::string_view::npos && url.find_first_of("@#?/\\") < at;
}

std::string percent_encode(std::string_view text, std::string_view kept) {
  constexpr std::string_view unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    if (unreserved.find(c) != std::string_view::npos || kept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += "0123456789ABCDEF"[byte >> 4];
      out += "0123456789ABCDEF"[byte & 15];
    }
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned char byte = 0;
    const char* const digits = text.data() + at + 1;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      at += 2;
    } else {
      decoded += text[at];
    }
  }
  return decoded;
}

std::vector<std::pair<std::string, std::string>> read_query(std::string_view query) {
  const auto decode = [](std::string_view text) {
    std::string blanks(text);
    std::ranges::replace(blanks, '+', ' ');
    return percent_decode(blanks);
  };
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.empty()) continue;
    parameters.emplace_back(decode(pair.substr(0, equals)),
                            decode(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return parameters;
}

}  // namespace auditstream
