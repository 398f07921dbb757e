// AWS Signature Version 4 of a URL that carries its own proof ("presigned"). Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auditstream/time.h"

namespace auditstream::oauth {

// A person's or a role's, for a while or for ever.
struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // "" for those of a person
  std::optional<Time> expires;
};

// A GET of https://HOST/ with these parameters, to be signed.
struct AwsRequest {
  std::string host;
  std::string region;
  std::string service;
  std::vector<std::pair<std::string, std::string>> parameters;  // not encoded
};

// The URL, valid for so long from `now` on, in whole seconds.
std::string presign(const AwsRequest& request, const AwsCredentials& credentials, std::chrono::seconds valid,
                    Time now);

}  // namespace auditstream::oauth
