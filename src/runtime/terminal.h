// The terminal on stdout, and what its user does while a command draws on it.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>

#include "auditstream/time.h"

namespace auditstream::runtime {

struct Terminal {
  std::size_t columns = 0;
  std::size_t lines = 0;
  bool utf8 = false;
};

// Whether the user's locale has UTF-8.
bool speaks_utf8();

// Nothing where stdout is no terminal.
std::optional<Terminal> terminal();

enum class TerminalEvent { none, end, redraw };

// While it lives the user's wishes come through it alone: keys without Enter and without an echo, Ctrl-C and
// other signals that end, a new size of the terminal. Afterwards the terminal is as it was. To be made before
// any thread starts.
class TerminalEvents {
 public:
  TerminalEvents();
  ~TerminalEvents();
  TerminalEvents(const TerminalEvents&) = delete;
  TerminalEvents& operator=(const TerminalEvents&) = delete;

  // The next one, waiting at most so long; no longer where there is any key. q and Ctrl-C end.
  TerminalEvent next(Duration patience);

 private:
  TerminalEvent of_signal();
  TerminalEvent of_key();
  void take_keys();

  const int signals_;
  bool has_keys_ = false;  // stdin is the terminal, and we are in its foreground
  termios before_{};       // where it has
};

}  // namespace auditstream::runtime
