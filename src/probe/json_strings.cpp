#include "probe/json_strings.h"

#include <cctype>
#include <vector>

namespace auditstream::probe {
namespace {

constexpr std::size_t depth_max = 256;
constexpr std::size_t pointer_max = 500;

struct Level {
  bool array = false;
  std::size_t index = 0;
  std::string_view key{};
};

std::string escaped(std::string_view token) {
  std::string text;
  for (const char c : token) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return text;
}

std::string pointer_to(const std::vector<Level>& levels) {
  std::string pointer;
  for (const Level& level : levels)
    pointer += "/" + (level.array ? std::to_string(level.index) : escaped(level.key));
  return pointer;
}

}  // namespace

void for_each_string(std::string_view json, const std::function<void(const JsonString&)>& visit) {
  std::vector<Level> levels;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '{' || c == '[') {
      if (levels.size() == depth_max) return;
      levels.push_back({c == '[', 0, {}});
    } else if (c == '}' || c == ']') {
      if (levels.empty()) return;
      levels.pop_back();
    } else if (c == ',') {
      if (levels.empty()) continue;
      ++levels.back().index;
      levels.back().key = {};
    } else if (c == '"') {
      std::size_t end = i + 1;
      while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
      if (end >= json.size()) return;
      const std::string_view text = json.substr(i + 1, end - i - 1);
      std::size_t after = end + 1;
      while (after < json.size() && std::isspace(static_cast<unsigned char>(json[after])) != 0) ++after;
      const bool is_key =
          after < json.size() && json[after] == ':' && !levels.empty() && !levels.back().array;
      if (is_key) {
        levels.back().key = text;
      } else {
        JsonString found{"", "", text, i + 1};
        std::size_t length = 0;
        for (const Level& level : levels) {
          length += level.key.size() + 1;
          if (!level.array) found.key = level.key;
        }
        if (length <= pointer_max) found.pointer = pointer_to(levels);
        visit(found);
      }
      i = end;
    }
  }
}

}  // namespace auditstream::probe
