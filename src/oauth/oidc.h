// OIDC client credentials: the request for a token, and what its answer means. Pure.
#pragma once

#include "auditstream/http.h"
#include "auditstream/result.h"
#include "oauth/method.h"
#include "oauth/token.h"

namespace auditstream::oauth {

http::Request token_request(const Oidc& oidc);

// The token, or why there is none and which property to look at.
Result<Token> read_token(const Oidc& oidc, const http::Response& response, Time now);

}  // namespace auditstream::oauth
