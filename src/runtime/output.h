// All that a command prints. It may contain text from outside (a vendor's response, a record's key, a
// broker's message, a file's name), so everything goes through printable().
#pragma once

#include <ostream>
#include <string>
#include <string_view>

namespace auditstream::runtime {

// Stdout and stderr for people: each line is made printable on its way.
std::ostream& out();
std::ostream& err();

// Text from outside for such a line: it can neither end the line nor fill the screen.
std::string shown(std::string_view text);

// One JSON document for programs: the values are unchanged, but control characters are escaped.
void print_json(std::string_view document);

// A vendor's event as it came. On a terminal its control characters are escaped as in JSON. False if nobody
// reads it.
bool print_event(std::string_view line);

// Text with our own escape sequences, in which text from outside is already printable: to the terminal on
// stdout, or to stderr.
void paint_out(std::string_view text);
void paint_err(std::string_view text);

}  // namespace auditstream::runtime
