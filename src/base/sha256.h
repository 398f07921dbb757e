// SHA-256 by OpenSSL, for digests that an auditor computes again.
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

}  // namespace auditstream
