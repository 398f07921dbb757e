// The terminal on stdout, and what its user does while a command draws on it.
#pragma once

#include <cstddef>
#include <optional>

#include "auditstream/time.h"

namespace auditstream {

struct Terminal {
  std::size_t columns = 0;
  std::size_t lines = 0;
  bool utf8 = false;
};

// Nothing where stdout is no terminal.
std::optional<Terminal> terminal();

enum class Wish { none, end, redraw };

// Ctrl-C and SIGTERM, and a new size of the terminal, from now on only come as wishes. Before any thread
// starts.
void take_wishes();

// Waits for the user's next wish, at most so long.
Wish next_wish(Duration patience);

}  // namespace auditstream
