#include "runtime/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "auditstream/check.h"

namespace auditstream::runtime {
namespace {

sigset_t events() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGWINCH, SIGCONT}) sigaddset(&set, signal);
  return set;
}

int take_signals() {
  const sigset_t set = events();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

bool speaks_utf8() {
  const locale_t locale = newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return false;
  const bool utf8 = std::string_view(nl_langinfo_l(CODESET, locale)) == "UTF-8";
  freelocale(locale);
  return utf8;
}

std::optional<Terminal> terminal() {
  if (isatty(STDOUT_FILENO) == 0) return std::nullopt;
  winsize size{};
  // A terminal that does not know its size (a serial line) reports 0.
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    size.ws_col = 80;
    size.ws_row = 24;
  }
  return Terminal{size.ws_col, size.ws_row, speaks_utf8()};
}

TerminalEvents::TerminalEvents() : signals_(take_signals()) {
  AS_CHECK(signals_ >= 0);
  // In the background, the terminal belongs to another process, and changing it would stop us.
  has_keys_ = isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
              tcgetattr(STDIN_FILENO, &before_) == 0;
  take_keys();
}

TerminalEvents::~TerminalEvents() {
  if (has_keys_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  close(signals_);
}

void TerminalEvents::take_keys() {
  if (!has_keys_) return;
  termios ours = before_;
  ours.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  ours.c_cc[VMIN] = 0;
  ours.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &ours);
}

TerminalEvent TerminalEvents::next(Duration patience) {
  std::array<pollfd, 2> ready{{{signals_, POLLIN, 0}, {has_keys_ ? STDIN_FILENO : -1, POLLIN, 0}}};
  const auto wait_ms = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  if (poll(ready.data(), ready.size(), static_cast<int>(wait_ms)) <= 0) return TerminalEvent::none;
  if (const TerminalEvent event = of_signal(); event != TerminalEvent::none) return event;
  return ready[1].revents != 0 ? of_key() : TerminalEvent::none;
}

TerminalEvent TerminalEvents::of_signal() {
  signalfd_siginfo info{};
  if (read(signals_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return TerminalEvent::none;
  if (info.ssi_signo == SIGCONT) take_keys();  // meanwhile the shell had the terminal
  return info.ssi_signo == SIGWINCH || info.ssi_signo == SIGCONT ? TerminalEvent::redraw : TerminalEvent::end;
}

TerminalEvent TerminalEvents::of_key() {
  char key = 0;
  if (read(STDIN_FILENO, &key, 1) == 1)
    return key == 'q' || key == 'Q' ? TerminalEvent::end : TerminalEvent::none;
  has_keys_ = false;  // the terminal is gone: nothing to restore
  return TerminalEvent::none;
}

}  // namespace auditstream::runtime
