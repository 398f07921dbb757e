#include "support/kafka/token_server.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdio>
#include <stdexcept>
#include <vector>

#include "base/base64.h"

namespace auditstream::test {
namespace {

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL can't sign a token");
}

// RS256 (RFC 7518, 3.3).
std::string signature(const std::filesystem::path& key_file, const std::string& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(key_file.c_str(), "r"), std::fclose);
  must(file != nullptr);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  must(key != nullptr && context != nullptr);
  must(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  must(EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1);
  std::string made(size, '\0');
  must(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size, bytes,
                      text.size()) == 1);
  made.resize(size);
  return made;
}

}  // namespace

TokenServer::TokenServer(const std::filesystem::path& key) : key_(key) {
  server_ = *HttpServer::listen({}, [this](const Request& request) { return answer(request); });
}

Reply TokenServer::answer(const Request& request) {
  if (away) {
    Reply reply;
    reply.fate = Fate::reset_at_once;
    return reply;
  }
  const std::string expected = "Basic " + base64(std::string(client_id) + ":" + client_secret);
  if (request.header("authorization") != expected)
    return json_reply(401,
                      R"({"error":"invalid_client","error_description":"client authentication failed"})");
  if (request.method != "POST" || request.path() != "/token" ||
      !request.body.starts_with("grant_type=client_credentials"))
    return json_reply(400, R"({"error":"invalid_request"})");
  const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1);
  const std::string text =
      base64url(R"({"alg":"RS256","kid":"tests","typ":"JWT"})") + "." +
      base64url(R"({"iss":"https://issuer.example","sub":"auditstream","scope":"kafka","aud":")" +
                std::string(for_another ? "another" : "kafka") + R"(","iat":)" + std::to_string(now) +
                R"(,"exp":)" + std::to_string(now + lifetime.load().count()) + "}");
  ++given_;
  return json_reply(200, R"({"token_type":"Bearer","expires_in":)" + std::to_string(lifetime.load().count()) +
                             R"(,"access_token":")" + text + "." +
                             base64url(signature(key_, forged ? text + "." : text)) + "\"}");
}

}  // namespace auditstream::test
