// The poller's policy for answers that are no page: when to ask again, when to give a window up, what to say
// how often. Nothing here moves a cursor.
#include <algorithm>
#include <utility>

#include "auditstream/poller.h"

namespace auditstream {
namespace {

constexpr Duration retry_first = 1s;
constexpr Duration retry_max = 60s;
constexpr Duration credential_rest = 60s;  // at most one request a minute after a credential was refused
constexpr Duration credential_rest_max = 5min;
constexpr Duration malformed_rest_max = 5min;
constexpr Duration retry_after_max = 15min;
constexpr int transient_attempts_max = 5;
constexpr int throttled_attempts_max = 20;
constexpr int firewall_is_refusal = 3;
constexpr Duration say_first = 1min;
constexpr Duration say_max = 1h;

bool needs_a_person(const Refusal& refusal) {
  return refusal.kind == RefusalKind::unauthorized || refusal.kind == RefusalKind::forbidden ||
         refusal.kind == RefusalKind::not_found || refusal.kind == RefusalKind::malformed;
}

Duration backoff(Duration first, int times, Duration most) {
  for (int i = 1; i < times && first < most; ++i) first *= 2;
  return std::min(first, most);
}

}  // namespace

void Poller::refuse(std::size_t index, const Refusal& refusal, Now now, std::vector<Action>& out) {
  firewall_in_a_row_ = refusal.firewall ? firewall_in_a_row_ + 1 : 0;
  if (firewall_in_a_row_ >= firewall_is_refusal) {
    fail(index, refusal, credential_rest, credential_rest_max, now, out);
    return;
  }
  Lane* lane = index < lanes_.size() ? &lanes_[index] : nullptr;
  const int attempts = lane != nullptr ? ++lane->attempts : failures_ + 1;
  switch (refusal.kind) {
    case RefusalKind::throttled: {
      const Duration asked = std::min<Duration>(refusal.retry_after.value_or(0s), retry_after_max);
      const Duration silence = std::max(jittered(backoff(retry_first, attempts, retry_max)), asked);
      out.push_back(Silence{silence});
      if (lane == nullptr || attempts > throttled_attempts_max) {
        fail(index, refusal, silence, retry_after_max, now, out);
        return;
      }
      lane->retry_at = now.steady + silence;
      say_trouble(refusal, false, window_of(index), now, out);
      return;
    }
    case RefusalKind::transient:
      if (lane == nullptr || attempts >= transient_attempts_max) {
        fail(index, refusal, retry_first * 5, retry_max, now, out);
        return;
      }
      lane->retry_at = now.steady + jittered(std::max(backoff(retry_first, attempts, retry_max),
                                                      refusal.retry_after.value_or(0s)));
      say_trouble(refusal, false, window_of(index), now, out);
      return;
    case RefusalKind::unauthorized:
      // A token may end in the middle of a window: a fresh one, then the very same request.
      if (vendor_->exchanges_token() && lane != nullptr && !lane->token_renewed) {
        lane->token_renewed = true;
        if (lane->token_number == token_number_) token_.reset();
        return;
      }
      token_.reset();
      fail(index, refusal, credential_rest, credential_rest_max, now, out);
      return;
    case RefusalKind::forbidden:
    case RefusalKind::not_found:
      fail(index, refusal, credential_rest, credential_rest_max, now, out);
      return;
    case RefusalKind::too_slow:
      if (lane == nullptr || !ask_for_less(lane->reading.window(), now))
        page_size_ = std::max(1u, page_size_ / 2);
      if (lane != nullptr && lane->live()) planner_.split_live();
      if (lane != nullptr) planner_.go_back(lane->reading.window().from);
      fail(index, refusal, retry_first, retry_max, now, out);
      return;
    case RefusalKind::too_large:
      page_size_ = std::max(1u, page_size_ / 2);
      fail(index, refusal, retry_first, malformed_rest_max, now, out);
      return;
    case RefusalKind::malformed:
      fail(index, refusal, retry_first * 5, malformed_rest_max, now, out);
      return;
  }
}

// False if windows can't be any narrower.
bool Poller::ask_for_less(const Window& window, Now now) {
  if (planner_.narrow(planner_.width(window, vendor_now(now)), 2)) return true;
  // What was a gap holds more by now than the vendor answers at once.
  planner_.split_live();
  return planner_.narrow(planner_.width(window, vendor_now(now)), 2);
}

void Poller::fail(std::size_t first_lane, const Refusal& refusal, Duration rest_min, Duration rest_max,
                  Now now, std::vector<Action>& out) {
  ++failures_;
  std::string window = window_of(first_lane);
  void_lanes(first_lane, out);
  rest_until_ = now.steady + jittered(backoff(rest_min, failures_, rest_max));
  say_trouble(refusal, true, std::move(window), now, out);
}

std::string Poller::window_of(std::size_t lane) const {
  if (lane >= lanes_.size()) return "";
  const Window& window = lanes_[lane].reading.window();
  return format_rfc3339(window.from) + "/" + (window.to ? format_rfc3339(*window.to) : "");
}

void Poller::say_trouble(const Refusal& refusal, bool failing, std::string window, Now now,
                         std::vector<Action>& out) {
  out.push_back(Polled{refusal.kind});
  const bool news = !trouble_ || trouble_->kind != refusal.kind || trouble_->status != refusal.status;
  trouble_ = refusal;
  failing_ = failing_ || failing;
  if (failing) note_trouble(refusal);
  if (news) {
    say_interval_ = say_first;
  } else if (now.steady < say_next_) {
    return;
  } else {
    say_interval_ = std::min<Duration>(say_interval_ * 2, say_max);
  }
  say_next_ = now.steady + say_interval_;
  std::string text = refusal.message;
  if (!refusal.remedy.empty()) text += "; " + refusal.remedy;
  out.push_back(Say{needs_a_person(refusal) ? Level::error : Level::warn, to_string(refusal.kind),
                    std::move(text), std::move(window), refusal.request_id});
}

// What comes and goes by itself is not worth a record. The words may differ each time (a request id, a time):
// only another status is news.
void Poller::note_trouble(const Refusal& refusal) {
  if (!needs_a_person(refusal) && !refusal.firewall) return;
  const std::optional<Trouble>& known = ledger_->cursor().trouble;
  if (known && known->status == refusal.status) return;
  std::string text = refusal.message;
  if (!refusal.remedy.empty()) text += "; " + refusal.remedy;
  trouble_is_news_ = ledger_->note_trouble(Trouble{refusal.status, std::move(text)}) || trouble_is_news_;
}

}  // namespace auditstream
