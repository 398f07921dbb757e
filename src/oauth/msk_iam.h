// Tokens for Amazon MSK with IAM access control.
#pragma once

#include "auditstream/result.h"
#include "oauth/aws_signature.h"
#include "oauth/method.h"
#include "oauth/token.h"

namespace auditstream::oauth {

// A token that these credentials prove: it lives 15 minutes, but no longer than they do. Pure.
Token msk_token(const std::string& region, const AwsCredentials& credentials, Time now);

// The region of the cluster: that of the settings, else of the environment.
Result<std::string> region_of(const MskIam& msk, const World& world);

}  // namespace auditstream::oauth
