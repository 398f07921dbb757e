// Finds AWS credentials where Amazon's own programs look for them.
#pragma once

#include <string>

#include "auditstream/result.h"
#include "oauth/aws_signature.h"
#include "oauth/token.h"

namespace auditstream::oauth {

// In this order: environment, web identity, shared files, container, instance. The first place that has any decides,
// so an error there is an error. Asks anew each time.
Result<AwsCredentials> find_aws_credentials(const std::string& region, const World& world);

}  // namespace auditstream::oauth
