#include "base/blot_out.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "auditstream/json.h"

namespace auditstream {
namespace {

// Shorter pieces of Base64 occur in any text by chance.
constexpr std::size_t base64_chars_min = 8;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

std::string percent_encoded(std::string_view text, std::string_view hex, bool plus_for_blank) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      out += c;
    } else if (c == ' ' && plus_for_blank) {
      out += '+';
    } else {
      out += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return out;
}

std::string replaced(std::string_view text, const std::vector<std::pair<char, std::string_view>>& escapes) {
  std::string out;
  for (const char c : text) {
    const auto found = std::ranges::find(escapes, c, &std::pair<char, std::string_view>::first);
    if (found == escapes.end()) {
      out += c;
    } else {
      out += found->second;
    }
  }
  return out;
}

// The characters that depend on the text alone if `before` bytes of something else precede it ("user:").
std::string base64_core(std::string_view text, std::size_t before, std::string_view alphabet) {
  std::string out;
  const std::size_t bits = (before + text.size()) * 8;
  for (std::size_t at = (before * 8 + 5) / 6 * 6; at + 6 <= bits; at += 6) {
    unsigned value = 0;
    for (std::size_t bit = at; bit < at + 6; ++bit) {
      const auto byte = static_cast<unsigned char>(text[bit / 8 - before]);
      value = value << 1 | (byte >> (7 - bit % 8) & 1u);
    }
    out += alphabet[value];
  }
  return out;
}

// Each once, the secret itself first. Nothing for an empty one.
std::vector<std::string> spellings(std::string_view secret) {
  std::vector<std::string> all;
  const auto add = [&all](std::string spelling) {
    if (!spelling.empty() && std::ranges::find(all, spelling) == all.end())
      all.push_back(std::move(spelling));
  };
  add(std::string(secret));
  for (const std::string_view hex : {"0123456789ABCDEF", "0123456789abcdef"}) {
    add(percent_encoded(secret, hex, false));
    add(percent_encoded(secret, hex, true));
  }
  const std::string quoted = json::quote(secret);
  const std::string in_json = quoted.substr(1, quoted.size() - 2);
  add(in_json);
  add(replaced(in_json, {{'/', "\\/"}}));
  add(replaced(in_json,
               {{'&', "\\u0026"}, {'<', "\\u003c"}, {'>', "\\u003e"}, {'+', "\\u002b"}, {'=', "\\u003d"}}));
  add(replaced(secret, {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}}));
  add(replaced(secret, {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&#34;"}, {'\'', "&#x27;"}}));
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  for (const std::string_view last : {"+/", "-_"}) {
    for (const std::size_t before : {0u, 1u, 2u}) {
      std::string core = base64_core(secret, before, std::string(letters) + std::string(last));
      if (core.size() >= base64_chars_min) add(std::move(core));
    }
  }
  return all;
}

bool blot_out_spelling(std::string& text, std::string_view spelling) {
  std::size_t at = text.find(spelling);
  if (at == std::string::npos) return false;
  // Builds a new string: replacing in place would be quadratic for a body full of repetitions.
  std::string blotted;
  std::size_t done = 0;
  for (; at != std::string::npos; at = text.find(spelling, done)) {
    blotted.append(text, done, at - done).append("...");
    done = at + spelling.size();
  }
  text = blotted.append(text, done);
  return true;
}

}  // namespace

bool blot_out(std::string& text, std::string_view secret) {
  bool found = false;
  for (const std::string& spelling : spellings(secret)) found = blot_out_spelling(text, spelling) || found;
  return found;
}

}  // namespace auditstream
