// Reads single values from JSON text, and writes text as JSON. Knows nothing of events.
#include "auditstream/json.h"

#include <algorithm>
#include <cstring>

#include "auditstream/check.h"
#include "auditstream/json_writer.h"
#include "base/json_walk.h"

namespace auditstream::json {
namespace {

// Keeps the scalar at the only pointer of the tree.
class ScalarHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, ScalarHandler> {
 public:
  ScalarHandler(std::string_view text, const PointerNode& root) : text_(text), root_(root), track_(&root) {}

  void begin(const Bytes& bytes) {
    bytes_ = &bytes;
    track_ = Track(&root_);
    value_.reset();
  }
  bool Null() { return track_.value(), true; }
  bool Bool(bool value) { return keep(value ? "true" : "false"); }
  bool RawNumber(const char*, rapidjson::SizeType size, bool) {
    return keep(text_.substr(bytes_->Tell() - size, size));
  }
  bool String(const char* text, rapidjson::SizeType size, bool) { return keep({text, size}); }
  bool Key(const char* text, rapidjson::SizeType size, bool) { return track_.key({text, size}), true; }
  bool StartObject() { return track_.open(track_.value(), false); }
  bool StartArray() { return track_.open(track_.value(), true); }
  bool EndObject(rapidjson::SizeType) { return track_.close(), true; }
  bool EndArray(rapidjson::SizeType) { return track_.close(), true; }

  std::optional<std::string>& value() { return value_; }

 private:
  bool keep(std::string_view text) {
    const PointerNode* node = track_.value();
    if (node != nullptr && !node->slots.empty()) value_ = as_spelled(text_, bytes_->Tell(), text);
    return true;
  }

  const std::string_view text_;
  const PointerNode& root_;
  const Bytes* bytes_ = nullptr;
  Track track_;
  std::optional<std::string> value_;
};

std::string unescape(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~') {
      out += token[++i] == '1' ? '/' : '~';
    } else {
      out += token[i];
    }
  }
  return out;
}

// The value of four hex digits at `at`, or -1.
int hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, 4)) {
    const std::size_t digit = std::string_view("0123456789abcdefABCDEF").find(c);
    if (digit == std::string_view::npos) return -1;
    value = value * 16 + static_cast<int>(digit < 16 ? digit : digit - 6);
  }
  return value;
}

bool high_surrogate(int unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool low_surrogate(int unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

// An escape sequence in a string: its length, and whether it is half of a surrogate pair without the other
// half.
struct Escape {
  std::size_t size;
  bool half_a_pair;
};

Escape escape_at(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\\u") return {2, false};
  const int unit = hex4(text, at + 2);
  if (!high_surrogate(unit)) return {6, low_surrogate(unit)};
  const bool whole = text.substr(at + 6, 2) == "\\u" && low_surrogate(hex4(text, at + 8));
  return whole ? Escape{12, false} : Escape{6, true};
}

// Takes the text from `at` on and returns how far it has seen: no further than the number. Whoever looks for
// something in all of the rest, once for each number, takes the square of its length.
std::size_t mend_number(std::string& text, std::size_t at) {
  const std::string_view rest = std::string_view(text).substr(at);
  const std::string_view number = rest.substr(0, rest.find_first_not_of("0123456789.eE+-"));
  const std::size_t whole = std::min(number.find_first_not_of("0123456789"), number.size());
  if (whole > 300) {
    // One digit before the point instead of hundreds; a point that is already there must keep its fraction.
    const bool point = whole < number.size() && number[whole] == '.';
    if (point && number.substr(whole + 1).find_first_of("0123456789") != 0) return number.size();
    if (point) text[at + whole] = '0';
    text[at + 1] = '.';
  }
  for (std::size_t i = number.find_first_of("eE"); i < number.size(); ++i) {
    if (number[i] >= '0' && number[i] <= '9') text[at + i] = '0';
  }
  return number.size();
}

}  // namespace

const PointerNode* PointerNode::child(std::string_view key) const {
  for (const PointerNode& node : children) {
    if (node.token == key) return &node;
  }
  return nullptr;
}

PointerNode grow_pointers(const std::vector<std::string_view>& pointers) {
  PointerNode root;
  for (std::size_t slot = 0; slot < pointers.size(); ++slot) {
    AS_CHECK(validate_pointer(pointers[slot]).ok());
    PointerNode* node = &root;
    std::string_view rest = pointers[slot];
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('/', 1), rest.size());
      const std::string token = unescape(rest.substr(1, end - 1));
      rest.remove_prefix(end);
      const PointerNode* known = node->child(token);
      if (known == nullptr) {
        AS_CHECK(node->children.size() < 32);
        node->children.push_back(PointerNode{token, {}, {}});
        known = &node->children.back();
      }
      node = const_cast<PointerNode*>(known);
    }
    node->slots.push_back(static_cast<int>(slot));
  }
  return root;
}

const PointerNode* Track::first_occurrence(Frame& frame, std::string_view key) {
  const PointerNode* child = frame.node->child(key);
  if (child == nullptr) return nullptr;
  const std::uint32_t bit = std::uint32_t{1} << (child - frame.node->children.data());
  if ((frame.seen & bit) != 0) return nullptr;
  frame.seen |= bit;
  return child;
}

std::size_t utf8_flaw(std::string_view text) {
  const auto byte = [&text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  std::size_t at = 0;
  while (at < text.size()) {
    if (std::uint64_t eight = 0; text.size() - at >= sizeof eight) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & 0x8080808080808080) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const unsigned char first = byte(at);
    if (first < 0x80) {
      ++at;
      continue;
    }
    // RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return at;
    for (std::size_t i = 1; i < length; ++i) {
      if (at + i == text.size()) return text.size();
      unsigned char least = 0x80;
      unsigned char most = 0xbf;
      if (i == 1 && first == 0xe0) least = 0xa0;
      if (i == 1 && first == 0xed) most = 0x9f;
      if (i == 1 && first == 0xf0) least = 0x90;
      if (i == 1 && first == 0xf4) most = 0x8f;
      if (byte(at + i) < least || byte(at + i) > most) return at;
    }
    at += length;
  }
  return text.size();
}

std::string mend(std::string_view text) {
  std::string mended(text);
  bool in_string = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      in_string = !in_string;
      ++at;
    } else if (in_string) {
      const Escape escape = text[at] == '\\' ? escape_at(text, at) : Escape{1, false};
      if (escape.half_a_pair) mended.replace(at, escape.size, "\\ufffd");
      at += escape.size;
    } else {
      at += text[at] >= '0' && text[at] <= '9' ? mend_number(mended, at) : 1;
    }
  }
  return mended;
}

std::string_view as_spelled(std::string_view text, std::size_t end, std::string_view decoded) {
  // mend() turns a half pair into U+FFFD; a low half alone passes the parser unchanged.
  const auto low_half = [&] {
    for (std::size_t at = decoded.find('\xed'); at != std::string_view::npos;
         at = decoded.find('\xed', at + 1)) {
      if (at + 1 < decoded.size() && static_cast<unsigned char>(decoded[at + 1]) >= 0xa0) return true;
    }
    return false;
  };
  if (decoded.find("\xef\xbf\xbd") == std::string_view::npos && !low_half()) return decoded;
  // Inside of a string every quote follows an odd number of backslashes.
  std::size_t begin = end - 1;
  bool escaped = true;
  while (escaped) {
    begin = text.rfind('"', begin - 1);
    escaped = false;
    for (std::size_t at = begin; at > 0 && text[at - 1] == '\\'; --at) escaped = !escaped;
  }
  for (std::size_t at = begin + 1; at + 1 < end;) {
    const Escape escape = text[at] == '\\' ? escape_at(text, at) : Escape{1, false};
    if (escape.half_a_pair) return text.substr(begin, end - begin);
    at += escape.size;
  }
  return decoded;
}

Status validate_pointer(std::string_view pointer) {
  const std::string shown = "\"" + std::string(pointer) + "\"";
  if (!pointer.empty() && pointer.front() != '/') {
    return Error{shown + " is not a JSON pointer: it must begin with a slash, such as /created_at"};
  }
  for (std::size_t i = pointer.find('~'); i != std::string_view::npos; i = pointer.find('~', i + 1)) {
    if (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')) {
      return Error{shown + " is not a JSON pointer: write ~0 for a tilde and ~1 for a slash inside a name"};
    }
  }
  return success();
}

std::optional<std::string> scalar_at(std::string_view json, std::string_view pointer) {
  if (!validate_pointer(pointer).ok()) return std::nullopt;
  const PointerNode root = grow_pointers({pointer});
  ScalarHandler handler(json, root);
  if (walk(json, handler).flaw != Flaw::none) return std::nullopt;
  return std::move(handler.value());
}

bool is_json(std::string_view text) {
  const PointerNode nowhere;
  ScalarHandler handler(text, nowhere);
  return walk(text, handler).flaw == Flaw::none;
}

std::string quote(std::string_view text) { return without_controls(Value::verbatim(text).text()); }

std::string without_controls(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    Bytes bytes(json);
    unsigned code = 0;
    const bool valid = rapidjson::UTF8<>::Decode(bytes, &code);
    const std::string_view character = json.substr(0, valid ? bytes.Tell() : 1);
    json.remove_prefix(character.size());
    if (!valid) {
      out += "\xef\xbf\xbd";
    } else if (code == '\t' || code == '\r') {
      out += ' ';  // between tokens: in a string it would be escaped
    } else if (code != '\n' && (code < 0x20 || (code >= 0x7f && code < 0xa0))) {
      constexpr const char* digits = "0123456789abcdef";
      out += {'\\', 'u', '0', '0', digits[code >> 4], digits[code & 0xf]};
    } else {
      out += character;
    }
  }
  return out;
}

}  // namespace auditstream::json
