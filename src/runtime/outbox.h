// Outbox: lines on their way to a reader who may stop reading (a full pipe, a stopped journal, a full disk).
// Adding a line never blocks: a thread of the outbox writes it, and if too many lines wait, the oldest are
// dropped and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "auditstream/time.h"

namespace auditstream::runtime {

class Outbox {
 public:
  // Called on the outbox's own thread, and may block for ever: then the thread and its lines are abandoned.
  // `lost` is how many lines before this one were lost. Returns whether this one was written.
  using Write = std::function<bool(const std::string& line, std::uint64_t lost)>;

  Outbox(std::size_t bytes_max, Write write);
  // Does not wait for a writer that is stuck.
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // From any thread.
  void put(std::string line);
  // Waits until all lines are written or lost. False if that takes longer than `patience`.
  bool flush(std::chrono::milliseconds patience);

 private:
  struct Lines;

  static void run(Lines& lines, const Write& write);

  const std::shared_ptr<Lines> lines_;
  std::thread thread_;
};

}  // namespace auditstream::runtime
