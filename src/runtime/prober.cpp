#include "runtime/prober.h"

#include <algorithm>
#include <utility>

#include "http/curl_client.h"
#include "probe/session.h"
#include "probe/transcript.h"
#include "runtime/clock.h"
#include "runtime/interrupt.h"
#include "runtime/secrets.h"

namespace auditstream::runtime {
namespace {

constexpr Duration between_looks = 200ms;  // for an interrupt

}  // namespace

Result<Probed> probe_source(const std::shared_ptr<const Source>& source, RequestBudget& budget,
                            const probe::Wishes& wishes, unsigned requests_max, bool with_transcript,
                            const std::function<void(const std::string&)>& say) {
  const Result<Secrets> secrets = ReadSecrets().read(*source);
  if (!secrets.ok()) return Error{secrets.error().message, ErrorKind::misconfigured};
  Interrupt interrupt;
  http::CurlClient client({}, "auditstream");
  http::RequestId id = 0;

  // Waits for nothing, as the client has no request then.
  const auto rest_until = [&](Steady moment) {
    while (true) {
      const Steady now = read_clock().steady;
      if (interrupt.pending()) return false;
      if (now >= moment) return true;
      client.wait(std::min<Duration>(moment - now, between_looks));
    }
  };
  probe::Outside outside;
  outside.now = read_clock;
  outside.rest = [&](Duration duration) { return rest_until(read_clock().steady + duration); };
  outside.exchange = [&](http::Request request) -> std::optional<http::Response> {
    for (Steady moment = budget.next(); moment > read_clock().steady; moment = budget.next()) {
      if (!rest_until(moment)) return std::nullopt;
    }
    budget.take();
    client.send(++id, std::move(request));
    while (!interrupt.pending()) {
      for (auto& [answered, response] : client.wait(between_looks)) return std::move(response);
    }
    client.cancel(id);
    return std::nullopt;
  };
  probe::Transcript transcript(*source, *secrets);
  probe::Session session(source, *secrets, std::move(outside), requests_max,
                         [&](const probe::Exchanged& exchanged) {
                           if (with_transcript) transcript.add(exchanged);
                         });
  Probed probed;
  probed.report = probe::survey(session, wishes, [&](const std::string& text) {
    say(text + " (" + std::to_string(session.sent()) + " of " + std::to_string(requests_max) + " requests)");
  });
  if (with_transcript) probed.transcript = transcript.text();
  return probed;
}

}  // namespace auditstream::runtime
