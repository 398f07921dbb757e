#include "oauth/token_cache.h"

#include <utility>

#include "auditstream/check.h"

namespace auditstream::oauth {
namespace {

// Kafka's handles ask one after the other: what has just failed is not asked again for each of them.
constexpr Duration retry_wait = 5s;
// One that lives for less is of no use to anybody.
constexpr Duration life_min = 10s;

// Before librdkafka asks, which is when four fifths of the life are over.
Time three_quarters(Time from, Time to) { return from + (to - from) * 3 / 4; }

}  // namespace

bool TokenCache::wants_another(Now now) const {
  if (token_ && now.wall < refresh_at_) return false;
  return !error_ || now.steady >= retry_at_;
}

void TokenCache::keep(Result<Token> answer, Now now) {
  if (answer.ok()) {
    error_.reset();
    token_ = *std::move(answer);
    refresh_at_ = three_quarters(now.wall, token_->expires);
  } else {
    error_ = answer.error();
    retry_at_ = now.steady + retry_wait;
  }
}

Result<Token> TokenCache::give(Now now) const {
  if (token_ && (!error_ || now.wall + life_min < token_->expires)) return *token_;
  AS_CHECK(error_.has_value());
  return *error_;
}

}  // namespace auditstream::oauth
