// Source: AWS, "Create a signed AWS API request" and "Authenticating requests: using query parameters".
#include "oauth/aws_signature.h"

#include <algorithm>
#include <map>

#include "base/sha256.h"
#include "base/url.h"

namespace auditstream::oauth {
namespace {

constexpr const char* algorithm = "AWS4-HMAC-SHA256";

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.add(text);
  return hex(hash.finish());
}

std::string_view bytes(const Sha256::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// "20261120T120000Z"
std::string basic_time(Time time) {
  std::string text = format_rfc3339(floor_second(time));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string query_of(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::vector<std::pair<std::string, std::string>> encoded;
  encoded.reserve(parameters.size());
  for (const auto& [name, value] : parameters)
    encoded.emplace_back(percent_encode(name), percent_encode(value));
  std::ranges::sort(encoded);
  std::string query;
  for (const auto& [name, value] : encoded) query += (query.empty() ? "" : "&") + name + "=" + value;
  return query;
}

}  // namespace

std::string presign(const AwsRequest& request, const AwsCredentials& credentials, std::chrono::seconds valid,
                    Time now) {
  const std::string time = basic_time(now);
  const std::string day = time.substr(0, 8);
  const std::string scope = day + "/" + request.region + "/" + request.service + "/aws4_request";
  std::vector<std::pair<std::string, std::string>> parameters = request.parameters;
  parameters.insert(parameters.end(), {{"X-Amz-Algorithm", algorithm},
                                       {"X-Amz-Credential", credentials.access_key_id + "/" + scope},
                                       {"X-Amz-Date", time},
                                       {"X-Amz-Expires", std::to_string(valid.count())},
                                       {"X-Amz-SignedHeaders", "host"}});
  if (!credentials.session_token.empty())
    parameters.emplace_back("X-Amz-Security-Token", credentials.session_token);
  const std::string query = query_of(parameters);
  const std::string canonical = "GET\n/\n" + query + "\nhost:" + request.host + "\n\nhost\n" + sha256_hex("");
  const std::string to_sign =
      std::string(algorithm) + "\n" + time + "\n" + scope + "\n" + sha256_hex(canonical);
  Sha256::Digest key = hmac_sha256("AWS4" + credentials.secret_access_key, day);
  for (const std::string& part : {request.region, request.service, std::string("aws4_request")})
    key = hmac_sha256(bytes(key), part);
  return "https://" + request.host + "/?" + query +
         "&X-Amz-Signature=" + hex(hmac_sha256(bytes(key), to_sign));
}

}  // namespace auditstream::oauth
