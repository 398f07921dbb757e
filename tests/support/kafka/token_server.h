// TokenServer: an OIDC provider's token endpoint, for a SecuredBroker that believes it. Over a real socket.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "support/http_server.h"

namespace auditstream::test {

class TokenServer {
 public:
  static constexpr const char* client_id = "auditstream";
  static constexpr const char* client_secret = "tests-client-s3cret";

  // Signs with this private key (PEM).
  explicit TokenServer(const std::filesystem::path& key);

  std::string url() const { return server_->origin() + "/token"; }
  std::uint64_t given() const { return given_; }

  std::atomic<std::chrono::seconds> lifetime{std::chrono::seconds(300)};
  std::atomic<bool> away = false;         // resets each connection
  std::atomic<bool> for_another = false;  // its tokens are for an audience that is not this broker
  std::atomic<bool> forged = false;       // its tokens are not what was signed

 private:
  Reply answer(const Request& request);

  const std::filesystem::path key_;
  std::atomic<std::uint64_t> given_ = 0;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace auditstream::test
