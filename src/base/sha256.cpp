#include "base/sha256.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auditstream/check.h"

namespace auditstream {
namespace {

// Looked up once: that costs more than hashing an id.
void begin(EVP_MD_CTX* context) {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  AS_CHECK(algorithm != nullptr);
  AS_CHECK(EVP_DigestInit_ex2(context, algorithm, nullptr) == 1);
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  AS_CHECK(context_ != nullptr);
  begin(context_.get());
}

void Sha256::add(std::string_view bytes) {
  AS_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Sha256::Digest Sha256::finish() {
  Digest digest;
  AS_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
  begin(context_.get());
  return digest;
}

std::string hex(const Sha256::Digest& digest) {
  std::string text;
  for (const unsigned char byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

Sha256::Digest hmac_sha256(std::string_view key, std::string_view text) {
  Sha256::Digest digest;
  AS_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
                nullptr) != nullptr);
  return digest;
}

}  // namespace auditstream
