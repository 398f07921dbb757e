#include "run/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string_view>

namespace auditstream {
namespace {

sigset_t wishes() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGWINCH}) sigaddset(&set, signal);
  return set;
}

bool speaks_utf8() {
  const locale_t locale = newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return false;
  const bool utf8 = std::string_view(nl_langinfo_l(CODESET, locale)) == "UTF-8";
  freelocale(locale);
  return utf8;
}

}  // namespace

std::optional<Terminal> terminal() {
  if (isatty(STDOUT_FILENO) == 0) return std::nullopt;
  winsize size{};
  // A terminal that does not know its size (a serial line) says 0.
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    size.ws_col = 80;
    size.ws_row = 24;
  }
  return Terminal{size.ws_col, size.ws_row, speaks_utf8()};
}

void take_wishes() {
  const sigset_t set = wishes();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Wish next_wish(Duration patience) {
  const sigset_t set = wishes();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(patience);
  const timespec time{static_cast<time_t>(seconds.count()),
                      static_cast<long>(std::chrono::nanoseconds(patience - seconds).count())};
  switch (sigtimedwait(&set, nullptr, &time)) {
    case SIGINT:
    case SIGTERM:
      return Wish::end;
    case SIGWINCH:
      return Wish::redraw;
    default:
      return Wish::none;
  }
}

}  // namespace auditstream
