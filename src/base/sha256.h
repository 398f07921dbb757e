// SHA-256 by OpenSSL, for digests that an auditor computes again and for signatures.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace auditstream {

class Sha256 {
 public:
  using Digest = std::array<unsigned char, 32>;

  Sha256();

  void add(std::string_view bytes);
  // The digest of everything that was added; starts again.
  Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// 64 hex digits, as printed by sha256sum.
std::string hex(const Sha256::Digest& digest);

// HMAC-SHA-256 (RFC 2104).
Sha256::Digest hmac_sha256(std::string_view key, std::string_view text);

}  // namespace auditstream
