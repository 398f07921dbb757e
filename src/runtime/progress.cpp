#include "runtime/progress.h"

#include <unistd.h>

#include "base/printable.h"
#include "runtime/clock.h"
#include "runtime/output.h"
#include "runtime/terminal.h"

namespace auditstream::runtime {
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
  paint_err(erase_line + printable(line, speaks_utf8() ? Charset::utf8 : Charset::ascii));
}

void Progress::clear() {
  if (shown_) paint_err(erase_line);
  shown_ = false;
}

}  // namespace auditstream::runtime
