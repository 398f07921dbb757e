// A server may echo what it was sent: takes a secret out of the text that is to be quoted. Pure.
#pragma once

#include <string>
#include <string_view>

namespace auditstream {

// Puts "..." wherever the secret stands, as it is or spelled for a URL, JSON, HTML or Base64; returns whether it stood
// anywhere. Nothing for an empty one.
bool blot_out(std::string& text, std::string_view secret);

}  // namespace auditstream
