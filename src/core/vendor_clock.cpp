#include "core/vendor_clock.h"

#include <algorithm>
#include <charconv>

namespace auditstream::core {
namespace {

constexpr Duration rounding = 2s;  // the header has whole seconds and takes time to arrive
// A smaller difference can do no harm, and is believed at once.
constexpr Duration doubted_above = 60s;
// Kafka and we may be wrong together (one machine), but not by so much that a cursor could be led astray.
constexpr Duration vouched_up_to = 12h;
constexpr Duration apart_least = 5s;
// No vendor's clock is older than this program.
constexpr Time earliest{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};

// How long a cache has had the response, by its own account (RFC 9111, 5.1).
Duration age_of(const http::Response& response) {
  const std::string_view text = response.header("age").value_or("");
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc{} && end == text.data() + text.size() ? std::chrono::seconds(seconds) : 0s;
}

Duration wall_ahead_of_steady(Now now) { return now.wall.time_since_epoch() - now.steady.time_since_epoch(); }

}  // namespace

bool VendorClock::vouched_for(Now now) const {
  return vouched_ &&
         std::chrono::abs(wall_ahead_of_steady(now) - wall_ahead_of_steady(*vouched_)) <= doubted_above;
}

void VendorClock::learn(const http::Response& response, Now now) {
  const std::optional<std::string_view> header = response.header("date");
  const std::optional<Time> date = header ? parse_http_date(*header) : std::nullopt;
  if (!date) {
    if (verdict_ == Verdict::none) last_.reset();  // there will be none to compare with
    return;
  }
  const Sample sample{*date + age_of(response), now, response.latency};
  const Duration ahead = now.wall - sample.date;
  overruled_.reset();
  const auto believe = [&] {
    verdict_ = Verdict::right;
    ahead_ = ahead;
    wall_ahead_ = wall_ahead_of_steady(now);
  };
  if (std::chrono::abs(ahead) <= doubted_above) {
    believe();
  } else if (sample.date < earliest) {
    verdict_ = Verdict::wrong;
  } else if (vouched_for(now) && ahead > 0s && ahead <= vouched_up_to) {
    verdict_ = Verdict::wrong;
    overruled_ = ahead;
  } else if (!last_) {
    // See ask_again_in().
  } else if (now.steady - last_->now.steady < apart_least + last_->latency + sample.latency) {
    return;  // too soon to tell: the sample before is the one to compare with
  } else if (sample.date > last_->date) {
    believe();  // a cache's stands still; whatever else is odd about it, the earlier of two clocks harms
                // least
  } else {
    verdict_ = Verdict::wrong;
  }
  last_ = sample;
}

Duration VendorClock::ahead(Now now) const {
  if (!wall_ahead_) return Duration{0};
  const Duration ahead = ahead_ + wall_ahead_of_steady(now) - *wall_ahead_;
  return std::chrono::abs(ahead) > rounding ? ahead : Duration{0};
}

std::optional<Duration> VendorClock::ask_again_in() const {
  if (verdict_ != Verdict::none || !last_) return std::nullopt;
  return apart_least + 2 * last_->latency + 1s;
}

}  // namespace auditstream::core
