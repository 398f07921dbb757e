// URLs and the links that vendors send. A credential goes only to the configured origin, so links are never
// followed: their relevant part is requested from the source's own base URL.
#include <utility>

#include "vendor_apis/toolkit.h"

namespace auditstream::vendor_apis::toolkit {
namespace {

constexpr std::string_view reserved =
    ":/?@!$&'()*+,;=%";  // may be in a link unencoded; brackets and '#' may not

}  // namespace

Url& Url::add(std::string_view name, std::string_view value) {
  text_ += has_query_ ? '&' : '?';
  has_query_ = true;
  text_ += percent_encode(name) + "=" + percent_encode(value);
  return *this;
}

std::string rfc3339_ms(Time time) {
  std::string text = format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(time));
  if (text.find('.') == std::string::npos) text.insert(text.size() - 1, ".000");
  return text;
}

std::string origin_of(std::string_view url) {
  const auto [scheme, authority, rest] = split_url(url);
  if (scheme != "https" && scheme != "http") return "";
  if (authority.empty() || authority.find('@') != std::string_view::npos) return "";
  const char* port = split_authority(authority).port ? "" : scheme == "https" ? ":443" : ":80";
  return scheme + "://" + lower(authority) + port;
}

bool is_on_this_machine(std::string_view url) {
  const std::optional<HostPort> at = parse_host_port(split_url(url).authority);
  return at && is_loopback(at->host);
}

std::optional<std::string> on_own_origin(std::string_view base_url, std::string_view path) {
  if (!path.starts_with('/') || path.starts_with("//")) return std::nullopt;
  return std::string(base_url) + percent_encode(path.substr(0, path.find('#')), reserved);
}

std::optional<std::string> query_parameter(std::string_view link, std::string_view name) {
  const std::size_t mark = link.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  std::string_view query = link.substr(mark + 1);
  query = query.substr(0, query.find('#'));
  for (auto& [known, value] : read_query(query)) {
    if (known == name) return std::move(value);
  }
  return std::nullopt;
}

}  // namespace auditstream::vendor_apis::toolkit
