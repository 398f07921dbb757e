#include "runtime/worker.h"

#include <algorithm>
#include <utility>

#include "runtime/clock.h"

namespace auditstream::runtime {
namespace {

constexpr Duration wait_max = 1s;

}  // namespace

void Worker::run() {
  for (; !abandoned_; ++turns_) {
    deliver(read_clock());
    const Now now = read_clock();
    if (draining_) fleet_.drain(now);
    if (draining_ && fleet_.empty()) return;
    fleet_.step(now);
    const Steady wake = std::min(fleet_.wake_at(), now.steady + wait_max);
    auto responses = client_.wait(std::max(wake - read_clock().steady, Duration{0}));
    const Now after = read_clock();
    for (auto& [id, response] : responses) fleet_.on_response(id, response, after);
  }
}

void Worker::deliver(Now now) {
  std::deque<Message> messages;
  {
    const MutexLock lock(mutex_);
    messages.swap(inbox_);
  }
  for (Message& message : messages) {
    if (auto* journal = std::get_if<JournalMessage>(&message)) {
      fleet_.on_journal(journal->number, std::move(journal->event), now);
    } else if (const auto* membership = std::get_if<core::MembershipEvent>(&message)) {
      fleet_.on_membership(*membership, now);
    } else if (const auto* tail = std::get_if<core::OffsetsEvent>(&message)) {
      fleet_.on_offsets(*tail, now);
    } else if (const auto* question = std::get_if<StatusQuestion>(&message)) {
      question->answer->set_value(fleet_.status(now));
    } else if (const auto* loan = std::get_if<LoanQuestion>(&message)) {
      loan->answer->set_value(fleet_.lend_request(loan->source, now));
    } else {
      fleet_.reconfigure(std::get<core::Reconfiguration>(message), now);
    }
  }
}

void Worker::post(Message message) {
  {
    const MutexLock lock(mutex_);
    inbox_.push_back(std::move(message));
  }
  client_.wake();
}

void Worker::drain() {
  draining_ = true;
  client_.wake();
}

void Worker::abandon() {
  abandoned_ = true;
  client_.wake();
}

}  // namespace auditstream::runtime
