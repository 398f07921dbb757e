#include "run/worker.h"

#include <algorithm>

#include "run/clock.h"

namespace auditstream {
namespace {

constexpr Duration wait_max = 1s;

}  // namespace

void Worker::run() {
  for (Shard* shard : shards_) shard->start(read_clock());
  while (!abandoned_) {
    deliver(read_clock());
    const Now now = read_clock();
    Steady wake = now.steady + wait_max;
    bool all_closed = true;
    for (Shard* shard : shards_) {
      if (draining_) shard->drain(now);
      if (shard->wake_at() <= now.steady) shard->step(now);
      wake = std::min(wake, shard->wake_at());
      all_closed = all_closed && shard->closed();
    }
    if (all_closed) return;
    auto responses = client_.wait(std::max(wake - read_clock().steady, Duration{0}));
    const Now after = read_clock();
    for (auto& [id, response] : responses) {
      for (Shard* shard : shards_) {
        if (shard->on_response(id, response, after)) {
          shard->step(after);
          break;
        }
      }
    }
  }
}

void Worker::deliver(Now now) {
  std::deque<std::pair<int, JournalEvent>> mail;
  {
    const std::lock_guard lock(mutex_);
    mail.swap(mailbox_);
  }
  for (auto& [partition, event] : mail) {
    const auto shard = std::ranges::find_if(
        shards_, [&](const Shard* candidate) { return candidate->partition() == partition; });
    AS_CHECK(shard != shards_.end());
    (*shard)->on_journal(std::move(event), now);
  }
}

void Worker::post(int partition, JournalEvent event) {
  {
    const std::lock_guard lock(mutex_);
    mailbox_.emplace_back(partition, std::move(event));
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

}  // namespace auditstream
