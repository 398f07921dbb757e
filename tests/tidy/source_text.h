// SourceText: a C++ file as the walls see it: its code without comments and literals, and its includes.
// Understands tokens, not the language.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace auditstream::test {

struct Include {
  std::string target;  // "kafka/journal.h" or "vector"
  bool quoted = false;
};

struct SourceText {
  std::string path;  // relative to the project
  std::string text;  // as it is
  std::string code;  // same length and lines; comments and the insides of literals are blanks
  std::vector<Include> includes;

  int line_of(std::size_t offset) const;
};

// The file read, with its path relative to the project. Throws when it can't be read.
SourceText read_source(const std::filesystem::path& project, const std::filesystem::path& file);

// `text` with comments and the insides of string and character literals blanked out, line breaks kept.
std::string blank_out(std::string_view text);

}  // namespace auditstream::test
