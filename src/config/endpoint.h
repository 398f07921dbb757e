// Hosts, origins and listen addresses as people write them. Opens no socket and resolves no name.
#pragma once

#include <string>
#include <string_view>

#include "auditstream/result.h"

namespace auditstream::config {

// "https://host[:port]", or http:// to a loopback address. Returns it in lower case and without a default
// port, so that one origin has one spelling. The error never quotes the text: it may hold a password.
Result<std::string> parse_origin(std::string_view text);

// A bare domain name, in lower case. One label is enough: each vendor checks what its own domains look like.
Result<std::string> parse_domain(std::string_view text);

// "host" or "host:port", as in a Host header.
Status check_host(std::string_view text);

// "host:port", "[::1]:8083"; port 0 is allowed.
Status check_listen(std::string_view text);

// "http://[user:password@]host[:port]", also https and socks5(h). The error never quotes the text.
Status check_proxy(std::string_view text);

}  // namespace auditstream::config
