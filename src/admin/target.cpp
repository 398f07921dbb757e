// What a request line asks for.
#include <algorithm>
#include <charconv>

#include "admin/api.h"

namespace auditstream::admin {
namespace {

// "%zz" and a "%" at the end stay what they are.
std::string decode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned char byte = 0;
    const char* const digits = text.data() + at + 1;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      at += 2;
    } else {
      decoded += plus_is_blank && text[at] == '+' ? ' ' : text[at];
    }
  }
  return decoded;
}

}  // namespace

void read_target(std::string_view target, HttpRequest& into) {
  target = target.substr(0, target.find('#'));
  const std::size_t mark = std::min(target.find('?'), target.size());
  into.path = decode(target.substr(0, mark), false);
  std::string_view query = target.substr(std::min(mark + 1, target.size()));
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.empty()) continue;
    into.query.emplace(decode(pair.substr(0, equals), true),
                       decode(pair.substr(std::min(equals + 1, pair.size())), true));
  }
}

bool takes_body(const HttpRequest& request) {
  return request.method == "PATCH" && request.path.starts_with("/connectors/") &&
         request.path.ends_with("/offsets");
}

}  // namespace auditstream::admin
