#include "core/source_health.h"

#include <algorithm>

namespace auditstream::core {
namespace {

using State = LastError::State;

constexpr Duration grace_least = 2min;
constexpr int grace_intervals = 3;
// Trouble that passes sooner is not worth a record; other instances must learn of the rest within 30 s.
constexpr Duration tell_after = 15s;
constexpr Duration vendor_word_max = 15min;
// Time for the first attempt after the vendor's Retry-After to be answered.
constexpr Duration vendor_word_slack = 15s;
constexpr int malformed_is_failure = 2;

}  // namespace

Duration SourceHealth::grace(Duration poll_interval) {
  return std::max<Duration>(grace_least, grace_intervals * poll_interval);
}

SourceHealth::SourceHealth(Duration poll_interval, std::optional<LastError> known)
    : grace_(grace(poll_interval)), last_error_(std::move(known)) {
  if (!last_error_) return;
  told_ = {last_error_->state, last_error_->status};
  last_success_ = last_error_->last_success;
  gave_up_ = true;  // perhaps
}

void SourceHealth::go_on(Duration poll_interval) {
  grace_ = grace(poll_interval);
  if (!last_error_) reference_.reset();
}

void SourceHealth::begin(Now now) {
  if (reference_) return;
  reference_ = began_ = now.steady;
  if (!last_error_ || !last_error_->since) return;
  const Duration lasts = std::max(now.wall - *last_error_->since, Duration{0});
  *reference_ -= std::min(lasts, grace_);
  // The cursor doesn't say how long the vendor wanted: assumes the maximum.
  const Steady since = now.steady - std::min<Duration>(lasts, vendor_word_max);
  if (last_error_->state == State::throttled) silence_ = {since, since + vendor_word_max};
}

std::optional<LastError> SourceHealth::answered(bool retried, Now now) {
  answers_ = true;
  if (!last_error_) reference_ = now.steady;
  return retried && !gave_up_ && !failed() ? heal(now) : std::nullopt;
}

std::optional<LastError> SourceHealth::succeed(Now now) {
  last_success_ = now.wall;
  return heal(now);
}

std::optional<LastError> SourceHealth::heal(Now now) {
  reference_ = now.steady;
  needs_a_person_ = gave_up_ = false;
  malformed_.reset();
  silence_.reset();
  told_.reset();
  return std::exchange(last_error_, std::nullopt);
}

void SourceHealth::fail(const Refusal& refusal, std::string text, bool refused, Steady asked, Now now) {
  begin(now);
  answers_ = false;
  if (!last_error_) {
    last_error_.emplace();
    last_error_->state = State::retrying;
    last_error_->last_success = last_success_;
    began_ = now.steady;
  }
  if (!last_error_->since) last_error_->since = now.wall;
  ++last_error_->attempts;
  last_error_->status = refusal.status;
  last_error_->text = std::move(text);

  const int malformed = malformed_.note(refusal.kind == RefusalKind::malformed, asked, now.steady);
  needs_a_person_ = refused || malformed >= malformed_is_failure;
  if (refusal.kind == RefusalKind::throttled && refusal.retry_after) {
    const Steady ends = now.steady + std::min<Duration>(*refusal.retry_after, vendor_word_max);
    if (!silence_) {
      silence_ = {now.steady, ends};
    } else if (now.steady < silence_->second) {  // a later Retry-After does not extend it
      silence_->second = std::clamp(ends, silence_->second, silence_->first + vendor_word_max);
    }
  }
  if (last_error_->state != State::failed)
    last_error_->state = refusal.kind == RefusalKind::throttled ? State::throttled : State::retrying;
  if (needs_a_person_ || now.steady >= fails_at()) last_error_->state = State::failed;
}

Steady SourceHealth::fails_at() const {
  const Steady patience_ends = *reference_ + grace_;
  if (last_error_->state != State::throttled || !silence_) return patience_ends;
  return std::max(patience_ends, silence_->second + vendor_word_slack);
}

bool SourceHealth::pass(Now now) {
  if (!last_error_ || !reference_ || failed() || answers_ || now.steady < fails_at()) return false;
  last_error_->state = State::failed;
  return true;
}

Steady SourceHealth::due() const {
  if (!last_error_ || !reference_ || failed()) return Steady::max();
  return std::min(answers_ ? Steady::max() : fails_at(), told_ ? Steady::max() : began_ + tell_after);
}

std::optional<LastError> SourceHealth::to_tell(Now now) {
  if (!last_error_ || (!failed() && !told_ && now.steady < began_ + tell_after)) return std::nullopt;
  const std::pair<State, int> said{last_error_->state, last_error_->status};
  if (told_ == said) return std::nullopt;
  told_ = said;
  return last_error_;
}

}  // namespace auditstream::core
