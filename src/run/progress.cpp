#include "run/progress.h"

#include <unistd.h>

#include <iostream>

#include "run/clock.h"

namespace auditstream {
namespace {

constexpr Duration interval = 200ms;
constexpr const char* erase_line = "\r\x1b[K";

}  // namespace

Progress::Progress(bool wanted) : on_(wanted && isatty(STDERR_FILENO) != 0) {}

bool Progress::due() const { return on_ && read_clock().steady >= next_; }

void Progress::show(const std::string& line) {
  if (!due()) return;
  next_ = read_clock().steady + interval;
  shown_ = true;
  std::cerr << erase_line << line << std::flush;
}

void Progress::clear() {
  if (shown_) std::cerr << erase_line << std::flush;
  shown_ = false;
}

}  // namespace auditstream
