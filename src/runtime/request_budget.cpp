#include "runtime/request_budget.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "auditstream/json.h"
#include "base/url.h"
#include "runtime/clock.h"

namespace auditstream::runtime {
namespace {

constexpr Duration patience = 2s;
constexpr Duration asked_again_after = 10s;
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
  if (error != std::errc{} || end != text.data() + text.size() || !(seconds >= 0 && seconds <= 86400))
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
      client_({.connect_timeout = patience}, "auditstream"),
      own_(source.rate_limit, read_clock().steady),
      small_(shared(source.rate_limit), read_clock().steady) {}

Steady RequestBudget::next() {
  const Steady now = read_clock().steady;
  if (!lent_) lent_ = url_.empty() || now < ask_again_at_ ? without("") : borrow();
  return std::max(*lent_, own_.next(now));
}

void RequestBudget::take() {
  const Steady now = read_clock().steady;
  own_.take(now);
  small_.take(now);
  lent_.reset();
}

Steady RequestBudget::borrow() {
  http::Request request;
  request.method = http::Method::post;
  request.url = url_;
  request.timeout = patience;
  if (!token_.empty()) request.headers.push_back({"Authorization", "Bearer " + token_.reveal()});
  client_.send(++last_id_, std::move(request));
  std::optional<http::Response> response;
  while (!response) {
    for (auto& [id, answer] : client_.wait(patience)) response = std::move(answer);
  }
  if (response->status == 200) {
    if (const std::optional<Duration> wait = wait_of(*response)) {
      beside_ = false;
      return read_clock().steady + *wait;
    }
  }
  // Nobody listens there: then nobody on this machine polls by this config.
  const bool alone = response->transport == http::Transport::connect;
  beside_ = !alone;
  if (alone) return without("");
  const std::optional<std::string> message = json::scalar_at(*response->body, "/message");
  return without(message                 ? *message
                 : response->status != 0 ? url_ + " answers HTTP " + std::to_string(response->status)
                                         : url_ + " does not answer: " + response->transport_detail);
}

Steady RequestBudget::without(const std::string& why) {
  const Steady now = read_clock().steady;
  if (!why.empty() && !std::exchange(said_, true)) {
    say_(why + "; a quarter of the rate_limit of " + source_ +
         " is used, which an instance that polls it does not count");
  }
  if (now >= ask_again_at_) ask_again_at_ = now + asked_again_after;
  return beside_ ? small_.next(now) : now;
}

}  // namespace auditstream::runtime
