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
  // Empty before the first exchange, and for a vendor that takes the secrets themselves.
  const std::optional<Token>& get() const { return token_; }
  // A token is used at least once, however short its life.
  bool usable(Steady now) const { return token_ && (!used_ || now < renew_at_); }
  // Returns the token's number, for drop(): requests with an older token may still be in flight.
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
