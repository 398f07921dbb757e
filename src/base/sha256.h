// SHA-256, for what an auditor computes again. OpenSSL's.
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
  // Of all that was added; begins anew.
  Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// 64 digits, as sha256sum prints them.
std::string hex(const Sha256::Digest& digest);

}  // namespace auditstream
