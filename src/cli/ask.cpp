#include "cli/ask.h"

#include <unistd.h>

#include <iostream>

#include "base/exit_code.h"
#include "runtime/output.h"

namespace auditstream::cli {

std::optional<int> refuse_to_ask() {
  if (isatty(STDIN_FILENO) != 0) return std::nullopt;
  runtime::err() << "nothing has changed: this needs --yes where no terminal can be asked\n";
  return exit_usage;
}

std::optional<int> ask(const std::string& question) {
  if (const std::optional<int> code = refuse_to_ask()) return code;
  runtime::err() << question << "\nGo on? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return std::nullopt;
  runtime::err() << "nothing has changed\n";
  return exit_problem;
}

}  // namespace auditstream::cli
