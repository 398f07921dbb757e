#include "runtime/kafka_connection.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "http/curl_client.h"
#include "oauth/aws_credentials.h"
#include "oauth/method.h"
#include "oauth/msk_iam.h"
#include "oauth/oidc.h"
#include "oauth/token_cache.h"
#include "runtime/clock.h"

namespace auditstream::runtime {
namespace {

http::Response exchange(http::Request request) {
  http::CurlClient client({}, "auditstream");
  client.send(1, std::move(request));
  while (true) {
    for (auto& [id, response] : client.wait(1s)) return std::move(response);
  }
}

std::optional<std::string> environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

Result<std::string> file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return Error{path + ": can't be read"};
  return text;
}

// One token for all handles of the process.
class Tokens {
 public:
  explicit Tokens(oauth::Method method)
      : method_(std::move(method)), world_{exchange, environment, file, [] { return read_clock().wall; }} {}

  // Holds the lock while it asks, so that there is one request, and whoever comes meanwhile takes what it brings.
  Result<oauth::Token> get() {
    const MutexLock lock(mutex_);
    if (cache_.wants_another(read_clock())) {
      Result<oauth::Token> answer = fetch();
      cache_.keep(std::move(answer), read_clock());
    }
    return cache_.give(read_clock());
  }

 private:
  Result<oauth::Token> fetch() const {
    if (const auto* oidc = std::get_if<oauth::Oidc>(&method_))
      return oauth::read_token(*oidc, exchange(oauth::token_request(*oidc)), world_.now());
    const Result<std::string> region = oauth::region_of(std::get<oauth::MskIam>(method_), world_);
    if (!region.ok()) return region.error();
    const Result<oauth::AwsCredentials> credentials = oauth::find_aws_credentials(*region, world_);
    if (!credentials.ok()) return credentials.error();
    return oauth::msk_token(*region, *credentials, world_.now());
  }

  const oauth::Method method_;
  const oauth::World world_;

  Mutex mutex_;
  oauth::TokenCache cache_ AS_GUARDED_BY(mutex_);
};

}  // namespace

kafka::Connection kafka_connection(const config::Config& config, std::string client_id) {
  oauth::Reading reading = oauth::read_method(config.kafka);
  kafka::Connection connection{std::move(reading.librdkafka), std::move(client_id)};
  if (!std::holds_alternative<std::monostate>(reading.method)) {
    auto tokens = std::make_shared<Tokens>(std::move(reading.method));
    connection.tokens = std::make_shared<const kafka::TokenSource>([tokens] { return tokens->get(); });
  }
  return connection;
}

}  // namespace auditstream::runtime
