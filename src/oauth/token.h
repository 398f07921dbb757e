// Token: a bearer token for a Kafka listener with SASL/OAUTHBEARER, and what getting one needs of the outside.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auditstream/http.h"
#include "auditstream/result.h"
#include "auditstream/time.h"

namespace auditstream::oauth {

struct Token {
  std::string value;  // a secret
  Time expires;
  std::string principal;                                        // for librdkafka's own use; never sent
  std::vector<std::pair<std::string, std::string>> extensions;  // sent beside the token (RFC 7628)
};

// The rest of the world, as functions: nothing here opens a socket or a file, or reads a clock.
struct World {
  std::function<http::Response(http::Request)> exchange;  // returns when there is an answer, or none in time
  std::function<std::optional<std::string>(const std::string& name)> environment;  // nothing if unset or ""
  std::function<Result<std::string>(const std::string& path)> file;
  std::function<Time()> now;
};

}  // namespace auditstream::oauth
