// Why a server that gives tokens or credentials has not answered, in a few words.
#pragma once

#include <string>
#include <string_view>

#include "auditstream/http.h"

namespace auditstream::oauth {

// "no connection (Connection refused)". Only for a response without a status. `secret`: what the request was given, which
// the answer may echo.
std::string no_answer(const http::Response& response, std::string_view secret);

}  // namespace auditstream::oauth
