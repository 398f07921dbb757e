// The simulated vendors without sockets: the product's requests in, the responses that its HTTP client would
// give out.
#pragma once

#include "auditstream/http.h"
#include "support/http_exchange.h"

namespace auditstream::sim {

// Header names in lower case, the URL split into origin and target.
test::Request to_request(const http::Request& request);

// What a client sees that takes at most `body_bytes_max` and waits at most `timeout`. `latency` is set to the
// reply's delay.
http::Response to_response(const test::Reply& reply, std::size_t body_bytes_max, Duration timeout);

}  // namespace auditstream::sim
