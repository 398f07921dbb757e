#include "runtime/source_check.h"

#include <algorithm>
#include <cmath>

#include "auditstream/vendor.h"
#include "core/answer.h"
#include "core/rate_limit.h"
#include "http/curl_client.h"
#include "runtime/clock.h"
#include "runtime/secrets.h"

namespace auditstream::runtime {
namespace {

http::Response exchange(http::CurlClient& client, RequestBudget& budget, const Source& source,
                        http::Request request) {
  for (Steady moment = budget.next(); moment > read_clock().steady; moment = budget.next())
    client.wait(moment - read_clock().steady);
  budget.take();
  request.route = source.route;
  client.send(1, std::move(request));
  while (true) {
    for (auto& [id, response] : client.wait(1s)) return std::move(response);
  }
}

void take(const Refusal& refusal, SourceCheck& result) {
  result.message = refusal.message;
  result.remedy = refusal.remedy;
}

// A poll takes at least one request; a vendor that filters by day gives three days of rows each time.
Duration real_interval(const Source& source, const Traits& traits, std::uint64_t events,
                       std::size_t account_sources) {
  const double rate = core::RateLimit(source.rate_limit, Steady{}).requests_per_second();
  double requests = 1;
  if (traits.by_day)
    requests = std::max(1.0, std::ceil(static_cast<double>(events) * 3 / 7 / source.page_size));
  const double seconds = requests * static_cast<double>(account_sources) / rate;
  return std::max(source.poll_interval, Duration{static_cast<Duration::rep>(seconds * 1e6)});
}

}  // namespace

SourceCheck check_source(const Source& source, RequestBudget& budget, std::size_t account_sources) {
  const Vendor* vendor = source.api;
  SourceCheck result;
  ReadSecrets reader;
  const Result<Secrets> secrets = reader.read(source);
  if (!secrets.ok()) {
    result.message = secrets.error().message;
    return result;
  }
  http::CurlClient client({}, "auditstream");
  std::optional<Token> token;
  http::Response response;
  const auto answered = [&] {
    const Time now = read_clock().wall;
    result.reachable = response.transport == http::Transport::none;
    result.status = response.status;
    if (const auto header = response.header("date")) {
      if (const std::optional<Time> date = parse_http_date(*header)) {
        // The header has whole seconds, so a smaller difference is no skew.
        const Duration ahead = now - *date;
        result.clock_skew = ahead >= 0s && ahead < 2s ? Duration{0} : ahead;
      }
    }
    return now;
  };
  if (vendor->exchanges_token()) {
    response = exchange(client, budget, source, vendor->token_request(source, *secrets));
    const Time now = answered();
    std::variant<Token, Refusal> answer = core::read_token(*vendor, source, *secrets, response, now);
    if (const Refusal* refusal = std::get_if<Refusal>(&answer)) {
      take(*refusal, result);
      return result;
    }
    token = std::get<Token>(std::move(answer));
  }
  PageRequest ask;
  ask.now = read_clock().wall;
  ask.latest = ask.now;
  ask.from = ask.now - check_range;
  ask.page_size = source.page_size;
  response = exchange(client, budget, source, vendor->request(source, *secrets, token, ask));
  answered();
  const Answer answer = core::read_answer(*vendor, source, *secrets, token, ask, response);
  if (const Refusal* refusal = std::get_if<Refusal>(&answer)) {
    take(*refusal, result);
    return result;
  }
  const Page& page = std::get<Page>(answer);
  result.accepted = true;
  result.events = page.total.value_or(page.events.size());
  result.at_least = !page.total && !page.next.empty();
  result.poll_interval = real_interval(source, vendor->traits(), result.events, account_sources);
  if (page.events.empty()) result.hints = vendor->empty_hints(source);
  return result;
}

}  // namespace auditstream::runtime
