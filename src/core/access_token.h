// AccessToken: the bearer token that a source's secrets were exchanged for, and when it has to be renewed.
// Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "auditstream/time.h"
#include "auditstream/vendor.h"

namespace auditstream::core {

class AccessToken {
 public:
  // Nothing before the first exchange, and where the vendor takes the secrets themselves.
  const std::optional<Token>& get() const { return token_; }
  // A token is used at least once, however short its life.
  bool usable(Steady now) const { return token_ && (!used_ || now < renew_at_); }
  // Which token it is, for drop(): requests with an older one may still be under way.
  std::uint64_t use() {
    used_ = true;
    return number_;
  }
  void renew(Token token, Time vendor_now, Steady now) {
    const Duration life = std::max(token.expires - vendor_now, Duration{0});
    renew_at_ = now + life - std::min<Duration>(5min, life / 10);
    token_ = std::move(token);
    used_ = false;
    ++number_;
  }
  void drop() { token_.reset(); }
  void drop(std::optional<std::uint64_t> number) {
    if (number == number_) drop();
  }

 private:
  std::optional<Token> token_;
  std::uint64_t number_ = 0;
  bool used_ = false;
  Steady renew_at_{};
};

}  // namespace auditstream::core
