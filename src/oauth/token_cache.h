// TokenCache: one token for many who ask, and when to get the next one. Pure.
#pragma once

#include <optional>

#include "auditstream/result.h"
#include "auditstream/time.h"
#include "oauth/token.h"

namespace auditstream::oauth {

class TokenCache {
 public:
  // Whether to ask for a token now: there is none, or most of its life is over, and the last attempt has not just failed.
  bool wants_another(Now now) const;
  void keep(Result<Token> answer, Now now);
  // The token while it lives, otherwise why there is no other. Only after a keep().
  Result<Token> give(Now now) const;

 private:
  std::optional<Token> token_;
  Time refresh_at_;
  std::optional<Error> error_;  // of the last attempt
  Steady retry_at_;
};

}  // namespace auditstream::oauth
