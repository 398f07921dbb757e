// URLs and the links that vendors send. A credential goes to the configured origin only, so links are never
// taken over: what of them counts is asked for at the source's own base URL.
#include <algorithm>
#include <cctype>

#include "vendor_apis/toolkit.h"

namespace auditstream::vendor_apis::toolkit {
namespace {

constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
constexpr std::string_view kReserved =
    ":/?@!$&'()*+,;=%";  // may stand in a link as it is; brackets and '#' may not

std::string encode_but(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos || kept.find(c) != std::string_view::npos) {
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

std::string decode(std::string_view text) {
  const auto digit = [](char c) {
    const std::size_t at = std::string_view("0123456789abcdef")
                               .find(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

struct Split {
  std::string scheme;     // lower case; "" if the link is relative
  std::string authority;  // lower case
  std::string_view rest;  // path, query and fragment
};

Split split(std::string_view url) {
  Split parts;
  const std::size_t mark = url.find("://");
  if (mark == std::string_view::npos || url.find_first_of("/?#") < mark) {
    parts.rest = url;
    return parts;
  }
  const std::size_t begin = mark + 3;
  const std::size_t end = std::min(url.find_first_of("/?#\\", begin), url.size());
  parts.scheme = url.substr(0, mark);
  parts.authority = url.substr(begin, end - begin);
  parts.rest = url.substr(end);
  const auto lower = [](unsigned char c) { return static_cast<char>(std::tolower(c)); };
  std::transform(parts.scheme.begin(), parts.scheme.end(), parts.scheme.begin(), lower);
  std::transform(parts.authority.begin(), parts.authority.end(), parts.authority.begin(), lower);
  return parts;
}

}  // namespace

std::string percent_encode(std::string_view text) { return encode_but(text, ""); }

Url& Url::add(std::string_view name, std::string_view value) {
  text_ += has_query_ ? '&' : '?';
  has_query_ = true;
  text_ += percent_encode(name) + "=" + percent_encode(value);
  return *this;
}

std::string origin_of(std::string_view url) {
  const Split parts = split(url);
  if (parts.scheme != "https" && parts.scheme != "http") return "";
  if (parts.authority.empty() || parts.authority.find('@') != std::string::npos) return "";
  const std::size_t colon = parts.authority.rfind(':');
  const std::size_t bracket = parts.authority.rfind(']');
  const bool has_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  const char* port = has_port ? "" : parts.scheme == "https" ? ":443" : ":80";
  return parts.scheme + "://" + parts.authority + port;
}

std::optional<std::string> on_own_origin(std::string_view base_url, std::string_view path) {
  if (!path.starts_with('/') || path.starts_with("//")) return std::nullopt;
  return std::string(base_url) + encode_but(path.substr(0, path.find('#')), kReserved);
}

std::optional<std::string> query_parameter(std::string_view link, std::string_view name) {
  const std::size_t mark = link.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  std::string_view query = link.substr(mark + 1);
  query = query.substr(0, query.find('#'));
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (decode(pair.substr(0, equals)) == name) return decode(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

}  // namespace auditstream::vendor_apis::toolkit
