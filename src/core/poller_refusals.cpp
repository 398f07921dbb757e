// The poller's policy for responses that are not pages: when to retry, when to give up a window, what to log
// and how often. Nothing here moves a cursor.
#include <algorithm>
#include <utility>

#include "core/backoff.h"
#include "core/poller.h"

namespace auditstream::core {
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
constexpr double retry_spread = 0.25;

bool is_refused(const Refusal& refusal) {
  return refusal.kind == RefusalKind::unauthorized || refusal.kind == RefusalKind::forbidden ||
         refusal.kind == RefusalKind::not_found;
}

}  // namespace

bool Poller::fails_whatever_it_asks() const {
  if (!health_.last_error()) return false;
  const std::optional<Refusal>& last = last_refusal_.refusal;  // none: it is a predecessor's failure
  return !last || (last->kind != RefusalKind::malformed && last->kind != RefusalKind::too_slow &&
                   last->kind != RefusalKind::too_large);
}

// `authorizing`: it was the exchange for a token that was refused, not the window.
void Poller::refuse(std::size_t index, const Refusal& refusal, bool authorizing, Now now,
                    std::vector<Action>& out) {
  Lane* lane = index < lanes_.size() ? &lanes_[index] : nullptr;
  const Steady asked = lane != nullptr && !authorizing ? lane->asked_at : now.steady;
  if (firewall_.note(refusal.firewall, asked, now.steady) >= firewall_is_refusal) {
    give_up(index, refusal, credential_rest, credential_rest_max, asked, now, out);
    return;
  }
  const int attempts = lane != nullptr ? ++lane->attempts : windows_given_up_ + 1;
  switch (refusal.kind) {
    case RefusalKind::throttled: {
      const Duration wanted = std::min<Duration>(refusal.retry_after.value_or(0s), retry_after_max);
      const Duration silence =
          std::max(jittered(backoff(retry_first, attempts, retry_max), retry_spread, random_), wanted);
      out.push_back(Silence{silence});
      if (lane == nullptr || attempts > throttled_attempts_max) {
        give_up(index, refusal, silence, retry_after_max, asked, now, out);
        return;
      }
      lane->retry_at = now.steady + silence;
      attempt_failed(refusal, window_of(index), asked, now, out);
      return;
    }
    case RefusalKind::transient:
      if (lane == nullptr || attempts >= transient_attempts_max) {
        const bool of_the_window = !refusal.unreached && !refusal.firewall && !authorizing;
        if (lane != nullptr && of_the_window) ask_for_less_in_doubt(*lane, now);
        give_up(index, refusal, retry_first * 5, retry_max, asked, now, out);
        return;
      }
      lane->retry_at = now.steady + jittered(std::max(backoff(retry_first, attempts, retry_max),
                                                      refusal.retry_after.value_or(0s)),
                                             retry_spread, random_);
      attempt_failed(refusal, window_of(index), asked, now, out);
      return;
    case RefusalKind::unauthorized:
      // A token may expire in the middle of a window: gets a new one and repeats the request.
      if (vendor().exchanges_token() && lane != nullptr && !lane->token_renewed) {
        lane->token_renewed = true;
        token_.drop(lane->token_number);
        return;
      }
      token_.drop();
      give_up(index, refusal, credential_rest, credential_rest_max, asked, now, out);
      return;
    case RefusalKind::forbidden:
    case RefusalKind::not_found:
      give_up(index, refusal, credential_rest, credential_rest_max, asked, now, out);
      return;
    case RefusalKind::too_slow:
      if (lane == nullptr || !ask_for_less(lane->reading.window(), now)) page_size_.halve();
      if (lane != nullptr && lane->live) planner_.split_live();
      if (lane != nullptr) planner_.go_back(lane->reading.window().from);
      give_up(index, refusal, retry_first, retry_max, asked, now, out);
      return;
    case RefusalKind::too_large:
      page_size_.halve();
      give_up(index, refusal, retry_first, malformed_rest_max, asked, now, out);
      return;
    case RefusalKind::malformed:
      give_up(index, refusal, retry_first * 5, malformed_rest_max, asked, now, out);
      return;
  }
}

// False if windows can't be any narrower.
bool Poller::ask_for_less(const Window& window, Now now) {
  if (planner_.narrow(planner_.width(window, vendor_now(now)), 2)) return true;
  // The gap has become too large for the vendor.
  planner_.split_live();
  return planner_.narrow(planner_.width(window, vendor_now(now)), 2);
}

// The same failure five times may be an outage, or this window is too large for the vendor, which then
// answers 502 or nothing at all. So the next window is narrower; if it can't be, pages are smaller. Smaller
// pages and a split live window last only for some polls: after an outage both have to be whole again.
void Poller::ask_for_less_in_doubt(const Lane& lane, Now now) {
  const Window& window = lane.reading.window();
  const Duration width = planner_.width(window, vendor_now(now));
  if (!planner_.narrow(width, 2)) page_size_.halve_for_now();
  if (!lane.live) return;
  planner_.go_back(window.from);
  planner_.split_live_for_now();
}

void Poller::give_up(std::size_t first_lane, const Refusal& refusal, Duration rest_min, Duration rest_max,
                     Steady asked, Now now, std::vector<Action>& out) {
  ++windows_given_up_;
  health_.give_up();
  std::string window = window_of(first_lane);
  void_lanes(first_lane, out);
  schedule_.rest_until(now.steady +
                       jittered(backoff(rest_min, windows_given_up_, rest_max), retry_spread, random_));
  attempt_failed(refusal, std::move(window), asked, now, out);
}

std::string Poller::window_of(std::size_t lane) const {
  if (lane >= lanes_.size()) return "";
  const Window& window = lanes_[lane].reading.window();
  return format_rfc3339(window.from) + "/" + (window.to ? format_rfc3339(*window.to) : "");
}

void Poller::attempt_failed(const Refusal& refusal, std::string window, Steady asked, Now now,
                            std::vector<Action>& out) {
  out.push_back(PollResult{refusal.kind});
  const std::optional<Refusal>& last = last_refusal_.refusal;
  const bool failed_before = health_.failed() && last;
  const bool news = !last || last->kind != refusal.kind || last->status != refusal.status;
  last_refusal_.refusal = refusal;
  last_refusal_.window = std::move(window);
  const std::string text = refusal.message + (refusal.remedy.empty() ? "" : "; " + refusal.remedy);
  health_.fail(refusal, text, is_refused(refusal) || firewall_.times() >= firewall_is_refusal, asked, now);
  say_last_error(news || (health_.failed() && !failed_before), now, out);
  tell_last_error(now);
}

// A first failed attempt is no reason for alarm; a failure that outlasts the grace is, or one that needs a
// person.
void Poller::say_last_error(bool news, Now now, std::vector<Action>& out) {
  if (news) last_refusal_.notices.reset();
  if (!news && !health_.failed()) return;
  if (!last_refusal_.notices.due(now.steady)) return;
  const LastError& last_error = *health_.last_error();
  std::string text = last_error.text;
  if (last_error.attempts > 1) {
    text += "; since " + format_rfc3339(floor_second(*last_error.since)) + ", " +
            std::to_string(last_error.attempts) + " attempts";
  }
  const Level level = !health_.failed() ? Level::info : health_.needs_a_person() ? Level::error : Level::warn;
  // Without one it is a previous owner's trouble that has outlasted the grace.
  const std::optional<Refusal>& last = last_refusal_.refusal;
  out.push_back(Notice{level, to_string(last ? last->kind : RefusalKind::transient), std::move(text),
                       last_refusal_.window, last ? last->request_id : ""});
}

void Poller::block(std::optional<LastError> why) {
  if (stopped() || !ledger_) return;
  blocked_ = std::move(why);
  if (part_ == Part::history) return;  // the present tells
  const std::optional<LastError>& known = ledger_->cursor().last_error;
  if (blocked_ && known && known->state == blocked_->state && known->text == blocked_->text) return;
  note_in_cursor(blocked_ ? blocked_ : health_.last_error());
}

void Poller::tell_last_error(Now now) {
  std::optional<LastError> news = health_.to_tell(now);
  if (news && !blocked_) note_in_cursor(std::move(news));
}

void Poller::note_in_cursor(std::optional<LastError> last_error) {
  if (part_ == Part::history && !reads_history_of(ledger_->cursor())) return;
  if (ledger_->note_last_error(part_, std::move(last_error))) cursor_has_news_ = true;
}

// One line for each trouble that was logged: whoever was alarmed must learn that it is over.
void Poller::recovered(const std::optional<LastError>& last_error, Now now, std::vector<Action>& out) {
  if (!last_error) return;
  const bool is_kafkas = blocked_ && blocked_->text == last_error->text;  // inherited with the cursor
  if (!blocked_) note_in_cursor(std::nullopt);
  last_refusal_ = {};
  std::string text = "reading again";
  if (last_error->since) {
    const Duration took = std::max(now.wall - *last_error->since, Duration{0});
    text += " after " + readable_duration(took);
    if (last_error->attempts > 0) {
      text += " and " + std::to_string(last_error->attempts) +
              (last_error->attempts == 1 ? " failed attempt" : " failed attempts");
    }
  }
  if (!is_kafkas) out.push_back(Notice{Level::info, "recovered", text + ": " + last_error->text});
}

}  // namespace auditstream::core
