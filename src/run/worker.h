// Worker: one thread's event loop: HTTP answers, the journals' outcomes, timers. Decides nothing.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "auditstream/shard.h"
#include "http/curl_client.h"

namespace auditstream {

class Worker {
 public:
  explicit Worker(http::CurlClient& client) : client_(client) {}

  // Before run(). The shard outlives the worker.
  void add(Shard& shard) { shards_.push_back(&shard); }

  // Until every shard is closed after drain(), or abandon(). On the calling thread.
  void run();

  // From any thread: an outcome for the shard of that partition.
  void post(int partition, JournalEvent event);
  // From any thread: commit what is complete, then end.
  void drain();
  // From any thread: end now.
  void abandon();

 private:
  void deliver(Now now);

  http::CurlClient& client_;
  std::vector<Shard*> shards_;

  std::mutex mutex_;
  std::deque<std::pair<int, JournalEvent>> mailbox_;  // protected by mutex_
  std::atomic<bool> draining_ = false;
  std::atomic<bool> abandoned_ = false;
};

}  // namespace auditstream
