#include "runtime/request_budget.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "auditstream/json.h"
#include "base/printable.h"
#include "base/url.h"
#include "runtime/clock.h"

namespace auditstream::runtime {
namespace {

constexpr Duration loan_patience = 2s;
constexpr Duration asked_again_after = 10s;
constexpr Duration opening_takes = 30s;  // of an instance that does not poll the source yet
constexpr Duration long_wait = 10s;
constexpr std::size_t message_bytes_max = 300;
constexpr double wait_seconds_max = 3600;  // more than any vendor's silence
// Of a budget that an instance uses as a whole, a tool takes one part of so many.
constexpr int share = 4;

// An instance listens at all addresses of this machine, or at one of them.
std::string address_of(const std::string& listen, const std::string& source) {
  const std::optional<HostPort> address = parse_host_port(listen);
  if (!address || address->port.value_or(0) == 0) return "";
  HostPort reached = *address;
  if (reached.host == "0.0.0.0") reached.host = "127.0.0.1";
  if (reached.host == "::") reached.host = "::1";
  return "http://" + reached.text() + "/sources/" + percent_encode(source) + "/requests";
}

std::vector<RateSpec> shared(std::vector<RateSpec> limits) {
  for (RateSpec& limit : limits) limit.period *= share;
  return limits;
}

std::optional<Duration> wait_of(const http::Response& response) {
  const std::string text = json::scalar_at(*response.body, "/wait_seconds").value_or("");
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() ||
      !(seconds >= 0 && seconds <= wait_seconds_max))
    return std::nullopt;
  return Duration{static_cast<Duration::rep>(seconds * 1e6)};
}

}  // namespace

RequestBudget::RequestBudget(const config::HttpSettings& http, const Source& source,
                             std::function<void(const std::string&)> say)
    : url_(address_of(http.listen, source.name)),
      token_(http.token),
      source_(source.name),
      say_(std::move(say)),
      client_({.connect_timeout = loan_patience}, "auditstream"),
      own_(source.rate_limit, read_clock().steady),
      small_(shared(source.rate_limit), read_clock().steady) {}

Steady RequestBudget::next() {
  const Steady now = read_clock().steady;
  if (!lent_ && now < ask_at_) return ask_at_;
  if (!lent_ && (url_.empty() || now < stranger_until_)) lent_ = beside_ ? small_.next(now) : now;
  if (!lent_) borrow();
  return std::max(lent_.value_or(ask_at_), own_.next(now));
}

void RequestBudget::take() {
  const Steady now = read_clock().steady;
  own_.take(now);
  small_.take(now);
  lent_.reset();
}

void RequestBudget::borrow() {
  http::Request request;
  request.method = http::Method::post;
  request.url = url_;
  request.timeout = loan_patience;
  if (!token_.empty()) request.headers.push_back({"Authorization", "Bearer " + token_.reveal()});
  client_.send(++last_id_, std::move(request));
  std::optional<http::Response> response;
  while (!response) {
    for (auto& [id, answer] : client_.wait(loan_patience)) response = std::move(answer);
  }
  const Steady now = read_clock().steady;
  const std::optional<Duration> wait = wait_of(*response);
  if (response->status == 200 && wait) {
    opening_since_.reset();
    lent_ = now + *wait;
    if (*wait > long_wait)
      say_("waiting " + readable_duration(*wait) + " for the budget of the instance at " + url_);
    return;
  }
  if (response->status == 429 && wait) {
    ask_at_ = now + std::max<Duration>(*wait, 10ms);
    return;
  }
  const std::optional<std::string> message = json::scalar_at(*response->body, "/message");
  if (response->status == 503 && message) {
    if (!opening_since_) opening_since_ = now;
    if (now - *opening_since_ < opening_takes) {
      ask_at_ = now + 1s;
      return;
    }
  }
  stranger_until_ = now + asked_again_after;
  // Nobody listens there: then nobody on this machine polls by this config.
  beside_ = response->transport != http::Transport::connect;
  lent_ = beside_ ? small_.next(now) : now;
  if (!beside_ || std::exchange(said_, true)) return;
  const std::string why = response->status == 0 ? "does not answer: " + response->transport_detail
                          : message ? "answers: " + bounded(printable(*message), message_bytes_max)
                                    : "answers HTTP " + std::to_string(response->status) +
                                          ", so it is no instance of auditstream";
  say_(url_ + " (http.listen) " + why + "; a quarter of the rate_limit of " + source_ +
       " is used, which an instance that polls it does not count");
}

}  // namespace auditstream::runtime
