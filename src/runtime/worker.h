// Worker: the event loop of one thread: HTTP responses, journal outcomes, the group, timers. Decides nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <variant>

#include "base/mutex.h"
#include "core/fleet.h"
#include "http/curl_client.h"

namespace auditstream::runtime {

// Messages from other threads.
struct JournalMessage {
  std::uint64_t number;
  core::JournalEvent event;
};
// The asker waits with a deadline, because a loop that hangs never answers.
struct StatusQuestion {
  std::shared_ptr<std::promise<core::FleetStatus>> answer;
};
// A tool wants one request of the source's budget; nothing if the source is not polled here.
struct LoanQuestion {
  std::string source;
  std::shared_ptr<std::promise<std::optional<core::Lent>>> answer;
};
using Message = std::variant<JournalMessage, core::MembershipEvent, core::OffsetsEvent, core::Reconfiguration,
                             StatusQuestion, LoanQuestion>;

class Worker {
 public:
  Worker(http::CurlClient& client, core::Fleet& fleet) : client_(client), fleet_(fleet) {}

  // Runs on the calling thread until the fleet is empty after drain(), or until abandon().
  void run();

  // From any thread, also before run().
  void post(Message message);
  // From any thread: commit what is complete, then end.
  void drain();
  // From any thread: end now.
  void abandon();
  // From any thread: changes at least once a second while the loop turns.
  std::uint64_t turns() const { return turns_; }

 private:
  void deliver(Now now);

  http::CurlClient& client_;
  core::Fleet& fleet_;

  Mutex mutex_;
  std::deque<Message> inbox_ AS_GUARDED_BY(mutex_);
  std::atomic<bool> draining_ = false;
  std::atomic<bool> abandoned_ = false;
  std::atomic<std::uint64_t> turns_ = 0;
};

}  // namespace auditstream::runtime
