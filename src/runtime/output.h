// All that a command prints. What it says may hold text from outside (a vendor's answer, a record's key, a
// broker's message, a file's name), so none of it gets past printable().
#pragma once

#include <ostream>
#include <string>
#include <string_view>

namespace auditstream::runtime {

// Stdout and stderr for people: each line is made printable on its way.
std::ostream& out();
std::ostream& err();

// A part of such a line that came from outside: it can't end the line, and not fill the screen.
std::string shown(std::string_view text);

// One JSON document for programs: the same values, but control characters are escaped.
void print_json(std::string_view document);

// A vendor's event as it came. On a terminal its control characters are escaped, as JSON has them. False when
// nobody takes it.
bool print_event(std::string_view line);

// Text with escape sequences of our own, where whatever came from outside has been made printable: to the
// terminal on stdout, or on stderr.
void paint_out(std::string_view text);
void paint_err(std::string_view text);

}  // namespace auditstream::runtime
