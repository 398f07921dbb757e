#include "runtime/output.h"

#include <unistd.h>

#include <iostream>
#include <streambuf>
#include <string>

#include "auditstream/json.h"
#include "base/printable.h"
#include "runtime/terminal.h"

namespace auditstream::runtime {
namespace {

constexpr std::size_t shown_bytes_max = 1024;

// Passes on each line when it is complete, or on a flush.
class PrintableLines final : public std::streambuf {
 public:
  PrintableLines(std::ostream& to, int fd)
      : to_(to), charset_(isatty(fd) == 0 || speaks_utf8() ? Charset::utf8 : Charset::ascii) {}
  ~PrintableLines() override { pass_on(); }

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    if (c == '\n') {
      line_ = printable(line_, charset_) + "\n";
      to_ << line_;
      line_.clear();
    } else {
      line_ += traits_type::to_char_type(c);
    }
    return to_.good() ? c : traits_type::eof();
  }
  int sync() override {
    pass_on();
    return to_.flush().good() ? 0 : -1;
  }

 private:
  void pass_on() {
    to_ << printable(line_, charset_);
    line_.clear();
  }

  std::ostream& to_;
  const Charset charset_;
  std::string line_;
};

struct People {
  PrintableLines out_lines{std::cout, STDOUT_FILENO};
  PrintableLines err_lines{std::cerr, STDERR_FILENO};
  std::ostream out{&out_lines};
  std::ostream err{&err_lines};
  People() { err.tie(&out); }
};

People& people() {
  static People people;
  return people;
}

}  // namespace

std::ostream& out() { return people().out; }
std::ostream& err() { return people().err; }

std::string shown(std::string_view text) { return printable(bounded(text, shown_bytes_max)); }

void print_json(std::string_view document) {
  out().flush();
  std::cout << json::without_controls(document) << "\n";
}

bool print_event(std::string_view line) {
  static const bool on_terminal = isatty(STDOUT_FILENO) != 0;
  if (on_terminal) {
    std::cout << json::without_controls(line) << "\n";
  } else {
    std::cout << line << "\n";
  }
  return std::cout.good();
}

void paint_out(std::string_view text) { std::cout << text << std::flush; }
void paint_err(std::string_view text) { std::cerr << text << std::flush; }

}  // namespace auditstream::runtime
