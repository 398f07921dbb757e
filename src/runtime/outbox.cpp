#include "runtime/outbox.h"

#include <chrono>
#include <deque>
#include <utility>

#include "base/mutex.h"

namespace auditstream::runtime {

struct Outbox::Lines {
  explicit Lines(std::size_t bytes_max) : bytes_max(bytes_max) {}

  const std::size_t bytes_max;

  Mutex mutex;
  Condition filled;   // or the outbox has ended
  Condition emptied;  // and nothing is being written
  std::deque<std::string> waiting AS_GUARDED_BY(mutex);
  std::size_t bytes AS_GUARDED_BY(mutex) = 0;   // of the waiting lines
  std::uint64_t lost AS_GUARDED_BY(mutex) = 0;  // before the first waiting line
  bool writing AS_GUARDED_BY(mutex) = false;
  bool ended AS_GUARDED_BY(mutex) = false;

  bool idle() const AS_REQUIRES(mutex) { return waiting.empty() && !writing; }
  void drop_oldest() AS_REQUIRES(mutex) {
    bytes -= waiting.front().size();
    waiting.pop_front();
    ++lost;
  }
};

Outbox::Outbox(std::size_t bytes_max, Write write)
    : lines_(std::make_shared<Lines>(bytes_max)),
      thread_([lines = lines_, write = std::move(write)] { run(*lines, write); }) {}

Outbox::~Outbox() {
  bool stuck = false;
  {
    const MutexLock lock(lines_->mutex);
    lines_->ended = true;
    lines_->waiting.clear();
    stuck = lines_->writing;
  }
  lines_->filled.notify_one();
  if (stuck) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void Outbox::put(std::string line) {
  {
    const MutexLock lock(lines_->mutex);
    lines_->bytes += line.size();
    lines_->waiting.push_back(std::move(line));
    while (lines_->bytes > lines_->bytes_max) lines_->drop_oldest();
  }
  lines_->filled.notify_one();
}

bool Outbox::flush(std::chrono::milliseconds patience) {
  MutexLock lock(lines_->mutex);
  return lines_->emptied.wait_for(lock, patience,
                                  [this]() AS_REQUIRES(lines_->mutex) { return lines_->idle(); });
}

void Outbox::run(Lines& lines, const Write& write) {
  MutexLock lock(lines.mutex);
  while (true) {
    lines.filled.wait(lock, [&]() AS_REQUIRES(lines.mutex) { return lines.ended || !lines.waiting.empty(); });
    if (lines.ended) return;
    const std::string line = std::move(lines.waiting.front());
    lines.waiting.pop_front();
    lines.bytes -= line.size();
    const std::uint64_t lost = std::exchange(lines.lost, 0);
    lines.writing = true;
    lock.unlock();
    const bool written = write(line, lost);
    lock.lock();
    lines.writing = false;
    if (!written) lines.lost += lost + 1;
    if (lines.idle()) lines.emptied.notify_all();
  }
}

}  // namespace auditstream::runtime
