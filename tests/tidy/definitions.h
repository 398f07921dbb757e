// What a file defines for the whole program: types, and functions and variables that each file may define
// anew (inline). Two definitions of one name make one program of two: the linker keeps either, and says
// nothing. Understands scopes and heads of definitions, not the language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidy/source_text.h"

namespace auditstream::test {

struct Definition {
  std::string name;   // with its namespaces; a function's with its parameters as they are written
  std::string place;  // "src/core/poller.cpp:17"
};

// Left out: what an unnamed namespace or `static` keeps within its file, and what stands inside a type or a
// function, whose name tells it from others. Function bodies in .cpp files are the linker's to compare, but
// for those that are templates or inline.
std::vector<Definition> definitions_in(const SourceText& source);

}  // namespace auditstream::test
