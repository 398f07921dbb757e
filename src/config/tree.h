// A YAML document as a plain tree with line numbers. Knows no settings; the only place that uses yaml-cpp.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace auditstream::config {

// One value. Scalars are text; each setting decides what they mean ("off" stays "off", 0123 stays "0123").
struct Node {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  int line = 0;      // 1-based
  std::string text;  // of a scalar
  std::vector<Node>
      items;        // of a list or a map, in the order of the file; a key given twice stands here twice
  std::string key;  // of a map's item
  int key_line = 0;

  // Where people look for it: a list or a map begins at its key, not at its first item.
  int line_to_blame() const { return kind == Kind::scalar || key.empty() ? line : key_line; }
};

struct SyntaxError {
  int line = 0;
  std::string message;
};

// The document; an empty text is null. Aliases are copied. Too deep or exploding documents are syntax errors.
std::variant<Node, SyntaxError> parse_yaml(std::string_view text);

}  // namespace auditstream::config
