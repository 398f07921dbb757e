#include "base/printable.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_walk.h"

namespace auditstream {
namespace {

constexpr unsigned first_beyond_ascii = 0x80;

bool breaks_line(unsigned code) {
  return code == '\n' || code == '\r' || code == '\t' || code == 0x2028 || code == 0x2029;
}

bool controls(unsigned code) { return code < 0x20 || (code >= 0x7f && code < 0xa0); }

// Directions, joiners, fillers and tags: Unicode's Default_Ignorable_Code_Point except variation selectors.
bool hides(unsigned code) {
  constexpr std::array<std::pair<unsigned, unsigned>, 12> ranges{{{0xad, 0xad},
                                                                  {0x34f, 0x34f},
                                                                  {0x61c, 0x61c},
                                                                  {0x115f, 0x1160},
                                                                  {0x17b4, 0x17b5},
                                                                  {0x180b, 0x180f},
                                                                  {0x200b, 0x200f},
                                                                  {0x202a, 0x202e},
                                                                  {0x2060, 0x206f},
                                                                  {0x3164, 0x3164},
                                                                  {0xfeff, 0xfeff},
                                                                  {0xe0000, 0xe0fff}}};
  return code == 0xffa0 || (code >= 0xfff0 && code <= 0xfffb) ||
         std::ranges::any_of(ranges,
                             [&](const auto& range) { return code >= range.first && code <= range.second; });
}

std::string with_commas(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

}  // namespace

std::string printable(std::string_view text, Charset charset) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    json::Bytes bytes(text);
    unsigned code = 0;
    const bool valid = rapidjson::UTF8<>::Decode(bytes, &code);
    const std::string_view character = text.substr(0, valid ? bytes.Tell() : 1);
    text.remove_prefix(character.size());
    if (!valid) {
      out += '?';
    } else if (breaks_line(code)) {
      out += ' ';
    } else if (hides(code)) {
      continue;
    } else if (controls(code) || (charset == Charset::ascii && code >= first_beyond_ascii)) {
      out += '?';
    } else {
      out += character;
    }
  }
  return out;
}

std::string bounded(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t shown = bytes_max;
  while (shown > 0 && (static_cast<unsigned char>(text[shown]) & 0xc0) == 0x80) --shown;
  return std::string(text.substr(0, shown)) + "… (" + with_commas(text.size()) + " bytes)";
}

}  // namespace auditstream
