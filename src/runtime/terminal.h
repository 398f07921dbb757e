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

// Nothing if stdout is no terminal.
std::optional<Terminal> terminal();

enum class TerminalEvent { none, end, redraw };

// While it exists, it receives all user input: keys without Enter and without echo, Ctrl-C and other ending
// signals, a new size of the terminal. Restores the terminal afterwards. Must be made before any thread
// starts.
class TerminalEvents {
 public:
  TerminalEvents();
  ~TerminalEvents();
  TerminalEvents(const TerminalEvents&) = delete;
  TerminalEvents& operator=(const TerminalEvents&) = delete;

  // The next event, or none after `patience` or any other key. q and Ctrl-C mean `end`.
  TerminalEvent next(Duration patience);

 private:
  TerminalEvent of_signal();
  TerminalEvent of_key();
  void take_keys();

  const int signals_;
  bool has_keys_ = false;  // stdin is the terminal, and we are in its foreground
  termios before_{};       // if it has keys
};

}  // namespace auditstream::runtime
