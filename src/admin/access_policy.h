// AccessPolicy: who may do what by the HTTP server. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin/http_message.h"
#include "auditstream/secret.h"

namespace auditstream::admin {

struct AccessPolicy {
  std::string listen;  // http.listen
  bool loopback = true;
  Secret token;
  std::vector<std::string> hosts;  // in addition to those that are always known
};

// A page of another site must not reach the server, even if its name resolves to our address (DNS rebinding).
// From other machines only changes with the token are allowed. Nothing: access is granted. Does not look at
// the body.
std::optional<HttpResponse> refuse_access(const HttpRequest& request, const AccessPolicy& policy);

}  // namespace auditstream::admin
