#include "runtime/range_reader.h"

#include <algorithm>
#include <limits>

#include "core/poller.h"
#include "http/curl_client.h"
#include "runtime/clock.h"
#include "runtime/secrets.h"

namespace auditstream::runtime {
namespace {

constexpr int unreachable_attempts_max = 3;

}  // namespace

RangeEnd read_range(const std::shared_ptr<const Source>& source, RequestBudget& budget, Time from, Time to,
                    const std::function<bool(const Event&)>& take,
                    const std::function<void(const std::string&)>& say) {
  http::CurlClient client({}, "auditstream");
  ReadSecrets secrets;
  core::PollerOptions options;
  options.end = to;
  options.record_bytes_max = std::numeric_limits<std::size_t>::max();
  http::RequestId next_request_id = 1;
  Now now = read_clock();
  core::Poller poller(source, secrets, core::Ledger(*source, from, now.wall),
                      core::Poller::InitialCursor::committed, options, next_request_id);
  std::deque<core::Send> queue;
  int unanswered = 0;
  bool answered = false;

  while (true) {
    now = read_clock();
    std::vector<core::Action> actions;
    poller.step(now, actions);
    for (auto& [id, response] : client.wait(std::clamp<Duration>(
             std::min(poller.wake_at(), queue.empty() ? Steady::max() : budget.next()) - now.steady, 0s,
             1s))) {
      now = read_clock();
      answered = answered || response.transport == http::Transport::none;
      unanswered = response.transport == http::Transport::none ? 0 : unanswered + 1;
      poller.on_response(id, response, now, actions);
    }
    while (std::optional<core::Unit> unit =
               poller.take_unit(now, std::numeric_limits<std::size_t>::max(), actions)) {
      for (const Event& event : unit->events) {
        if (!take(event)) return RangeEnd{true, false, ""};
      }
      for (const core::DeadLetter& letter : unit->dead_letters) {
        if (!take(letter.event)) return RangeEnd{true, false, ""};
      }
    }
    poller.step(now, actions);
    for (core::Action& action : actions) {
      if (auto* send = std::get_if<core::Send>(&action)) queue.push_back(std::move(*send));
      if (const auto* cancel = std::get_if<core::Cancel>(&action)) {
        std::erase_if(queue, [&](const core::Send& waiting) { return waiting.id == cancel->id; });
        client.cancel(cancel->id);
      }
      if (const auto* silence = std::get_if<core::Silence>(&action))
        budget.block(now.steady + silence->duration);
      // Nothing is dead-lettered here, whatever the poller says.
      if (const auto* words = std::get_if<core::Notice>(&action);
          words != nullptr && words->level != core::Level::debug && !words->code.starts_with("dead_letter_"))
        say(words->text);
    }
    while (!queue.empty()) {
      const Steady moment = budget.next();
      if (moment > read_clock().steady) break;
      budget.take();
      client.send(queue.front().id, std::move(queue.front().request));
      queue.pop_front();
    }
    const core::PollerStatus status = poller.status(now);
    if (status.finished) return RangeEnd{true, false, ""};
    const bool unreachable = !answered && unanswered >= unreachable_attempts_max;
    if (status.gave_up || unreachable) return RangeEnd{false, !answered, status.error};
  }
}

}  // namespace auditstream::runtime
