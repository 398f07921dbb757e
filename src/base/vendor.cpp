// Defaults for vendors that use no token.
#include "auditstream/vendor.h"

#include "auditstream/check.h"

namespace auditstream {

// Only called if exchanges_token(); such a vendor overrides it.
http::Request Vendor::token_request(const Source&, const Secrets&) const {
  AS_CHECK(exchanges_token());
  AS_CHECK(false);
}

std::variant<Token, Refusal> Vendor::read_token(const Source&, const http::Response&, Time) const {
  AS_CHECK(exchanges_token());
  AS_CHECK(false);
}

}  // namespace auditstream
