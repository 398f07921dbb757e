// Answers of a vendor, read for someone who will quote them: a refusal never holds a secret, though the
// vendor may echo what it was sent. Pure.
#pragma once

#include <optional>
#include <variant>

#include "auditstream/http.h"
#include "auditstream/model.h"
#include "auditstream/vendor.h"

namespace auditstream::core {

// Vendor::read. `secrets` and `token` are what the request was made with.
Answer read_answer(const Vendor& vendor, const Source& source, const Secrets& secrets,
                   const std::optional<Token>& token, const PageRequest& ask, const http::Response& response);

// Vendor::read_token.
std::variant<Token, Refusal> read_token(const Vendor& vendor, const Source& source, const Secrets& secrets,
                                        const http::Response& response, Time now);

}  // namespace auditstream::core
