#include "tidy/source_text.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

namespace auditstream::test {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The end of the literal or comment that starts at `begin`, or `begin` when none does.
std::size_t end_of_blank(std::string_view text, std::size_t begin) {
  const std::string_view rest = text.substr(begin);
  const auto past = [&](std::string_view terminator, std::size_t from) {
    const std::size_t at = rest.find(terminator, from);
    return at == rest.npos ? text.size() : begin + at + terminator.size();
  };
  const bool inside_word = begin > 0 && is_word(text[begin - 1]);
  if (rest.starts_with("//")) return std::min(text.find('\n', begin), text.size());
  if (rest.starts_with("/*")) return past("*/", 2);
  if (rest.starts_with("R\"") && !inside_word) {
    const std::size_t open = std::min(rest.find('('), rest.size() - 1);
    return past(")" + std::string(rest.substr(2, open - 2)) + "\"", open);
  }
  // A quote inside a word separates digits: 1'000.
  if (rest.front() != '"' && (rest.front() != '\'' || inside_word)) return begin;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == rest.front()) {
      return begin + i + 1;
    }
  }
  return text.size();
}

std::vector<Include> includes_of(const std::string& text) {
  static const std::regex directive(R"re(^#include ([<"])([^>"]+)[>"])re", std::regex::multiline);
  std::vector<Include> includes;
  for (std::sregex_iterator match(text.begin(), text.end(), directive), end; match != end; ++match) {
    includes.push_back({(*match)[2], (*match)[1] == "\""});
  }
  return includes;
}

}  // namespace

int SourceText::line_of(std::size_t offset) const {
  return 1 +
         static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

std::string blank_out(std::string_view text) {
  std::string code(text);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of_blank(text, at);
    if (end == at) ++at;
    for (; at < end; ++at) {
      if (text[at] != '\n') code[at] = ' ';
    }
  }
  return code;
}

SourceText read_source(const std::filesystem::path& project, const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("can't read " + file.string());
  SourceText source;
  source.path = std::filesystem::relative(file, project).string();
  source.text.assign(std::istreambuf_iterator<char>(in), {});
  source.code = blank_out(source.text);
  source.includes = includes_of(source.text);
  return source;
}

}  // namespace auditstream::test
