// What a vendor without a token of its own need not say.
#include "auditstream/vendor.h"

#include "auditstream/check.h"

namespace auditstream {

// Only called where exchanges_token(), and such a vendor has its own.
http::Request Vendor::token_request(const Source&, const Secrets&) const {
  AS_CHECK(exchanges_token());
  AS_CHECK(false);
}

std::variant<Token, Refusal> Vendor::read_token(const Source&, const http::Response&, Time) const {
  AS_CHECK(exchanges_token());
  AS_CHECK(false);
}

}  // namespace auditstream
