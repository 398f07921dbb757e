#include "tidy/definitions.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <regex>

namespace auditstream::test {
namespace {

// Preprocessor lines blanked out: a macro's braces need not match.
std::string without_directives(std::string code) {
  bool continued = false;
  for (std::size_t begin = 0; begin < code.size();) {
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    const std::size_t first = code.find_first_not_of(" \t", begin);
    if (continued || (first < end && code[first] == '#')) {
      continued = code[end - 1] == '\\';
      std::fill(code.begin() + static_cast<std::ptrdiff_t>(begin),
                code.begin() + static_cast<std::ptrdiff_t>(end), ' ');
    }
    begin = end + 1;
  }
  return code;
}

// White space only where two words would run together.
std::string squeezed(std::string_view text) {
  std::string out;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::isspace(static_cast<unsigned char>(text[i])) == 0) {
      out += text[i];
      continue;
    }
    const std::size_t next = text.find_first_not_of(" \t\n", i);
    if (next != text.npos && !out.empty() && is_word(out.back()) && is_word(text[next])) out += ' ';
    i = (next == text.npos ? text.size() : next) - 1;
  }
  return out;
}

// What stands before a brace or a semicolon, taken apart.
struct Head {
  enum class Kind { named_namespace, unnamed_namespace, transparent, type, function, variable, other };

  Kind kind = Kind::other;
  std::string name{};
  bool inlined = false;  // each file may define it anew
};

// The text without what stands in angle brackets behind `template`.
std::string without_template(std::string head, bool& is_template) {
  while (head.starts_with("template<")) {
    is_template = !head.starts_with("template<>");
    int open = 0;
    std::size_t at = head.find('<');
    do {
      if (head[at] == '<') ++open;
      if (head[at] == '>') --open;
      ++at;
    } while (open > 0 && at < head.size());
    head = head.substr(at);
  }
  return head;
}

Head head_of(std::string_view text) {
  static const std::regex space(R"((?:inline )?namespace(?: ([\w:]+))?)");
  static const std::regex type(
      R"((?:class|struct|union|enum(?: class| struct)?)(?:\[\[.*?\]\])? ?((?:\w+::)*\w+(?:<.*>)?)(?: final)?(?::(?!:).*)?)");
  static const std::regex function(R"(^([^(=]*?)(~?[\w:]+(?:<[^(]*>)?|operator[^(]+|operator\(\))(\(.*)$)");
  static const std::regex variable(R"(^[^(]*?(\w+)(?:\[\w*\])*(?:=.*)?$)");
  static const std::regex words(R"((^|[^\w])(inline|constexpr|consteval)(?!\w))");
  static const std::regex within_file(R"((^|[^\w])(static|using|typedef|friend|extern)(?!\w))");

  bool is_template = false;
  const std::string head = without_template(squeezed(text), is_template);
  std::smatch found;
  if (head.empty()) return {};
  if (head == "extern") return {Head::Kind::transparent};
  if (std::regex_match(head, found, space)) {
    if (found[1].length() == 0) return {Head::Kind::unnamed_namespace};
    return {Head::Kind::named_namespace, found[1]};
  }
  if (std::regex_match(head, found, type)) return {Head::Kind::type, found[1], true};
  if (std::regex_search(head, within_file)) return {};
  const bool inlined = is_template || std::regex_search(head, words);
  if (std::regex_match(head, found, function)) {
    return {Head::Kind::function, found[2].str() + found[3].str(), inlined};
  }
  // A constant without `inline` belongs to its file.
  static const std::regex inline_word(R"((^|[^\w])inline(?!\w))");
  if (std::regex_match(head, found, variable)) {
    return {Head::Kind::variable, found[1], is_template || std::regex_search(head, inline_word)};
  }
  return {};
}

}  // namespace

std::vector<Definition> definitions_in(const SourceText& source) {
  struct Scope {
    bool counts;  // what stands here belongs to the whole program
    std::size_t prefix;
  };
  const std::string code = without_directives(source.code);
  std::vector<Definition> definitions;
  std::vector<Scope> scopes{{true, 0}};
  std::string prefix;
  std::size_t head_begin = 0;
  int parentheses = 0;
  const auto record = [&](const Head& head, std::size_t at) {
    if (!head.inlined) return;
    const std::size_t begin = std::min(code.find_first_not_of(" \n", head_begin), at);
    definitions.push_back({prefix + head.name, source.path + ":" + std::to_string(source.line_of(begin))});
  };
  for (std::size_t at = 0; at < code.size(); ++at) {
    const char c = code[at];
    if (c == '(') ++parentheses;
    if (c == ')') --parentheses;
    const std::string_view head_text = std::string_view(code).substr(head_begin, at - head_begin);
    if (c == '{') {
      const bool at_head = scopes.back().counts && parentheses == 0;
      const Head head = at_head ? head_of(head_text) : Head{};
      scopes.push_back({false, prefix.size()});
      switch (head.kind) {
        case Head::Kind::named_namespace:
          scopes.back().counts = true;
          prefix += head.name + "::";
          break;
        case Head::Kind::transparent:
          scopes.back().counts = true;
          break;
        case Head::Kind::type:
        case Head::Kind::function:
        case Head::Kind::variable:
          record(head, at);
          break;
        case Head::Kind::unnamed_namespace:
        case Head::Kind::other:
          break;
      }
      if (scopes.back().counts) head_begin = at + 1;
    } else if (c == '}') {
      prefix.resize(scopes.back().prefix);
      scopes.pop_back();
      if (scopes.back().counts && parentheses == 0) head_begin = at + 1;
    } else if (c == ';' && scopes.back().counts && parentheses == 0) {
      const Head head = head_of(head_text);
      if (head.kind == Head::Kind::variable) record(head, at);
      head_begin = at + 1;
    }
  }
  return definitions;
}

}  // namespace auditstream::test
