// Source: Amazon's signers for clients with OAUTHBEARER (aws-msk-iam-sasl-signer-go, -python): the token is a
// presigned URL of the action kafka-cluster:Connect, with the signer's name behind the signature.
#include "oauth/msk_iam.h"

#include <algorithm>

#include "base/base64.h"

namespace auditstream::oauth {
namespace {

constexpr std::chrono::seconds lifetime_max = 900s;  // MSK's own limit

}  // namespace

Token msk_token(const std::string& region, const AwsCredentials& credentials, Time now) {
  using std::chrono::seconds;
  seconds lifetime = lifetime_max;
  if (credentials.expires)
    lifetime = std::min(lifetime, std::chrono::floor<seconds>(*credentials.expires - now));
  const AwsRequest request{
      "kafka." + region + ".amazonaws.com", region, "kafka-cluster", {{"Action", "kafka-cluster:Connect"}}};
  Token token;
  token.value = base64url(presign(request, credentials, lifetime, now) + "&User-Agent=auditstream");
  token.expires = floor_second(now) + lifetime;
  token.principal = credentials.access_key_id;
  return token;
}

Result<std::string> region_of(const MskIam& msk, const World& world) {
  if (!msk.region.empty()) return msk.region;
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (const auto region = world.environment(name)) return *region;
  }
  return Error{
      "kafka.aws.region: is needed, as neither kafka.bootstrap.servers nor the environment (AWS_REGION) tells "
      "the region of the cluster",
      ErrorKind::misconfigured};
}

}  // namespace auditstream::oauth
