// Base64 and base64url (RFC 4648), by OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace auditstream {

std::string base64(std::string_view bytes);
// With '-' and '_', and without padding.
std::string base64url(std::string_view bytes);
// Of base64url without padding; nothing if it is not that.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace auditstream
