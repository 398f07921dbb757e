// Why a server that gives tokens or credentials has not answered, in a few words.
#pragma once

#include <string>

#include "auditstream/http.h"

namespace auditstream::oauth {

// "no connection (Connection refused)". Only for a response without a status.
std::string no_answer(const http::Response& response);

}  // namespace auditstream::oauth
